#pragma once

#include "db/accounts/purge.hpp"
#include "db/apply/indexer.hpp"
#include "db/dead_letters/bisect.hpp"
#include "db/index/progress.hpp"
#include "db/upkeep/upkeep.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

/// The jobs that actors send to database sessions. Each names its reply type, and has a short,
/// stable name for logs.
namespace prism::db {

/// Apply a batch.
struct apply_job {
  using reply = apply_report;
  static constexpr std::string_view name = "apply_batch";
  std::shared_ptr<const batch> what;
  unsigned time_factor{1}; ///< how many times the session's limits it may take
};
/// Give each DID its users.id, in the order of the list.
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
/// Apply one rejected frame without the operations at fault, which are quarantined.
struct bisect_job {
  using reply = apply_report;
  static constexpr std::string_view name = "apply_bisected";
  std::shared_ptr<const batch> what; ///< of this frame alone
  refused_frame frame;
  bool whole{false};      ///< quarantine the whole frame without trying its operations
  bool one_by_one{false}; ///< it was not rejected, but ran out of time (`apply_one_by_one`)
};

/// Read the operations parked most recently.
struct newest_pending_job {
  using reply = std::vector<pending_change>;
  static constexpr std::string_view name = "newest_pending";
  std::int64_t limit{0};
};

/// Claim due identity tasks for a node; with `all_again` also those that it, or a node that does
/// not live, has claimed.
struct claim_identity_job {
  using reply = claimed_tasks;
  static constexpr std::string_view name = "claim_identity";
  std::string node; ///< its UUID
  std::int64_t limit{0};
  std::chrono::milliseconds claim_time{0};
  std::vector<std::int64_t> busy;
  bool all_again{false};
};
/// Store the results of identity lookups, and documents that were found by these or on demand.
struct store_identity_job {
  using reply = identity_report;
  static constexpr std::string_view name = "store_identity";
  std::vector<identity_result> results;
  std::vector<did_document_row> documents{};
};
/// Delete all records of an account whose deletion is confirmed.
struct purge_job {
  using reply = apply_report;
  static constexpr std::string_view name = "purge";
  confirmed_deletion what;
};

/// Any job. A class, so that messages can declare it without its definition.
struct job : std::variant<apply_job, intern_job, cursors_job, bisect_job, newest_pending_job,
                          claim_identity_job, store_identity_job, purge_job, upkeep_job> {
  using variant::variant;
};

/// The reply of any job.
using job_reply =
    std::variant<apply_report, std::vector<std::int64_t>, std::vector<shard_cursor>,
                 std::vector<pending_change>, claimed_tasks, identity_report, upkeep_report>;
struct job_outcome : outcome<job_reply> {
  using outcome<job_reply>::outcome;
};

/// The reply to a job of type `Job`; null if the job failed or this is the reply of another type.
template <class Job>
[[nodiscard]] const typename Job::reply* reply_of(const job_outcome& done) noexcept {
  return done ? std::get_if<typename Job::reply>(&*done) : nullptr;
}

/// The name of a job, for logs.
// NOLINTNEXTLINE(bugprone-exception-escape): a job always has a value
[[nodiscard]] std::string_view name_of(const job& task) noexcept;

/// Runs a job. Blocks; the connection's thread.
/// @param partial filled if the job fails.
[[nodiscard]] job_outcome run_job(connection& on, const tx_options& options, const job& task,
                                  partial_report& partial);

} // namespace prism::db
