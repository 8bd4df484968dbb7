#pragma once

#include "db/dead_letters.hpp"
#include "db/identity.hpp"
#include "db/indexer.hpp"
#include "db/progress.hpp"
#include "db/sparing.hpp"
#include "db/upkeep.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

/// The work that actors ask database sessions for, and what comes back.
namespace prism::db {

/// Apply a batch. Reply: `apply_report`.
struct apply_job {
  std::shared_ptr<const batch> what;
};
/// Give each DID an id. Reply: `std::vector<std::int64_t>`.
struct intern_job {
  std::vector<std::string> dids;
};
/// Read the cursors of a service. Reply: `std::vector<shard_cursor>`.
struct cursors_job {
  std::string service;
};
/// Apply a frame without what is refused in it, which is kept. Reply: `apply_report`.
struct sparing_job {
  std::shared_ptr<const batch> what; ///< of this frame alone
  refused_frame frame;
  bool whole{false}; ///< do not try its operations
};

/// Read the operations parked last. Reply: `std::vector<pending_change>`.
struct newest_pending_job {
  std::int64_t limit{0};
};

/// Take identity tasks that are due; `all_again`: those that somebody else had claimed, too. Reply:
/// `claimed_tasks`.
struct claim_identity_job {
  std::int64_t limit{0};
  std::chrono::milliseconds lease{0};
  std::vector<std::int64_t> busy;
  bool all_again{false};
};
/// Write what look-ups found. Reply: `identity_report`.
struct store_identity_job {
  std::vector<identity_result> results;
};
/// Delete a deleted account's records. Reply: `apply_report`.
struct purge_job {
  confirmed_deletion what;
};

/// Show dead letters. Reply: `std::vector<dead_letter_summary>`.
struct list_dead_letters_job {
  std::int64_t after{0};
  std::int64_t limit{100};
};
/// Delete dead letters. Reply: `discarded_letters`.
struct discard_dead_letters_job {
  std::vector<std::int64_t> ids;
};
/// Apply a dead letter again. Reply: `retried_letter`.
struct retry_dead_letter_job {
  std::string service;
  std::int64_t epoch{0};
  std::int64_t id{0};
};

using job = std::variant<apply_job, intern_job, cursors_job, sparing_job, newest_pending_job,
                         claim_identity_job, store_identity_job, purge_job, list_dead_letters_job,
                         discard_dead_letters_job, retry_dead_letter_job, upkeep_job>;
using job_value = std::variant<apply_report, std::vector<std::int64_t>, std::vector<shard_cursor>,
                               std::vector<pending_change>, claimed_tasks, identity_report,
                               std::vector<dead_letter_summary>, discarded_letters, retried_letter,
                               upkeep_report>;
using job_outcome = outcome<job_value>;

/// A short stable name of a job's kind.
[[nodiscard]] std::string_view name_of(const job& what) noexcept;

/// Does the job. Blocks; the connection's thread.
/// @param partial filled when it fails.
[[nodiscard]] job_outcome run_job(connection& on, const tx_options& options, const job& what,
                                  partial_report& partial);

} // namespace prism::db
