#pragma once

#include "db/accounts/purge.hpp"
#include "db/apply/indexer.hpp"
#include "db/dead_letters/bisect.hpp"
#include "db/dead_letters/dead_letters.hpp"
#include "db/index/progress.hpp"
#include "db/upkeep/upkeep.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

/// The work that actors ask database sessions for. Each job names its reply and its own short,
/// stable name for logs.
namespace prism::db {

/// Apply a batch.
struct apply_job {
  using reply = apply_report;
  static constexpr std::string_view name = "apply_batch";
  std::shared_ptr<const batch> what;
};
/// Give each DID an id.
struct intern_job {
  using reply = std::vector<std::int64_t>;
  static constexpr std::string_view name = "intern_users";
  std::vector<std::string> dids;
};
/// Read the cursors of a service.
struct cursors_job {
  using reply = std::vector<shard_cursor>;
  static constexpr std::string_view name = "read_cursors";
  std::string service;
};
/// Apply a frame without what is refused in it, which is kept.
struct bisect_job {
  using reply = apply_report;
  static constexpr std::string_view name = "apply_sparing";
  std::shared_ptr<const batch> what; ///< of this frame alone
  refused_frame frame;
  bool whole{false}; ///< do not try its operations
};

/// Read the operations parked last.
struct newest_pending_job {
  using reply = std::vector<pending_change>;
  static constexpr std::string_view name = "newest_pending";
  std::int64_t limit{0};
};

/// Take identity tasks that are due; `all_again`: those that somebody else had claimed, too.
struct claim_identity_job {
  using reply = claimed_tasks;
  static constexpr std::string_view name = "claim_identity";
  std::int64_t limit{0};
  std::chrono::milliseconds lease{0};
  std::vector<std::int64_t> busy;
  bool all_again{false};
};
/// Write what look-ups found.
struct store_identity_job {
  using reply = identity_report;
  static constexpr std::string_view name = "store_identity";
  std::vector<identity_result> results;
};
/// Delete a deleted account's records.
struct purge_job {
  using reply = apply_report;
  static constexpr std::string_view name = "purge";
  confirmed_deletion what;
};

/// Show dead letters.
struct list_dead_letters_job {
  using reply = std::vector<dead_letter_summary>;
  static constexpr std::string_view name = "list_dead_letters";
  std::int64_t after{0};
  std::int64_t limit{100};
};
/// Delete dead letters.
struct discard_dead_letters_job {
  using reply = discard_result;
  static constexpr std::string_view name = "discard_dead_letters";
  std::vector<std::int64_t> ids;
};
/// Apply a dead letter again.
struct retry_dead_letter_job {
  using reply = retry_result;
  static constexpr std::string_view name = "retry_dead_letter";
  std::string service;
  std::int64_t epoch{0};
  std::int64_t id{0};
};

/// A job of any kind. A class, so that messages can name it without its definition.
struct job : std::variant<apply_job, intern_job, cursors_job, bisect_job, newest_pending_job,
                          claim_identity_job, store_identity_job, purge_job, list_dead_letters_job,
                          discard_dead_letters_job, retry_dead_letter_job, upkeep_job> {
  using variant::variant;
};

/// The reply of any job.
using job_reply =
    std::variant<apply_report, std::vector<std::int64_t>, std::vector<shard_cursor>,
                 std::vector<pending_change>, claimed_tasks, identity_report,
                 std::vector<dead_letter_summary>, discard_result, retry_result, upkeep_report>;
struct job_outcome : outcome<job_reply> {
  using outcome<job_reply>::outcome;
};

/// The reply to a job of this kind; null if the job failed, or if this is another kind's reply.
template <class Job>
[[nodiscard]] const typename Job::reply* reply_of(const job_outcome& of) noexcept {
  return of ? std::get_if<typename Job::reply>(&*of) : nullptr;
}

/// A short stable name of a job's kind.
[[nodiscard]] std::string_view name_of(const job& what) noexcept;

/// Does the job. Blocks; the connection's thread.
/// @param partial filled when it fails.
[[nodiscard]] job_outcome run_job(connection& on, const tx_options& options, const job& what,
                                  partial_report& partial);

} // namespace prism::db
