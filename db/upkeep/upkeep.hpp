#pragma once

#include "db/index/pending.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/transaction.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Upkeep jobs: periodic maintenance of the database, scheduled by actors/janitor. Each task is a
/// series of small batches. A batch is a short transaction that waits at most one second for a
/// lock, so it does not delay the writers, and that does nothing if another node leads.
namespace prism::db {

enum class upkeep_task {
  sessions,        ///< deletes sessions past their expires_at
  oauth_states,    ///< deletes OAuth states past their expires_at
  pending_ops,     ///< deletes operations that have been parked for longer than `keep`
  history,         ///< deletes history rows recorded longer ago than `keep` (docs/ORDER.md)
  refused_records, ///< deletes all but the newest `max_refused` rows (db/index/refused_records.hpp)
  orphans,         ///< deletes feed items, notifications and counts whose cause does not exist
  counts,          ///< reconciles: compares counts with the rows they count and corrects them
};
inline constexpr std::size_t upkeep_tasks = 7;

/// The name in metrics and logs: "sessions", "oauth_states" …
[[nodiscard]] std::string_view to_string(upkeep_task task) noexcept;

/// The position of an audit: table and place in it.
struct upkeep_position {
  std::int32_t part{0};
  std::int64_t at{0};

  friend bool operator==(const upkeep_position&, const upkeep_position&) = default;
};

struct upkeep_report;

/// One batch of a task.
struct upkeep_job {
  using reply = upkeep_report;
  static constexpr std::string_view name = "upkeep";
  upkeep_task task{upkeep_task::sessions};
  std::string service;   ///< of the leader that runs the task
  std::string node;      ///< that leader's UUID
  std::int64_t epoch{0}; ///< of its lease
  /// Age from which `pending_ops` and `history` delete rows; 0 keeps everything.
  std::chrono::seconds keep{0};
  /// Most rows that a batch deletes or compares; the orphan audit reads about this many.
  std::int64_t limit{1000};
  upkeep_position from{};
};

/// A wrong row, which the audit deleted or corrected.
struct upkeep_finding {
  std::string table;
  std::int64_t id{0}; ///< of the user, post or list
  std::string text;   ///< what was wrong
};

struct upkeep_report {
  std::uint64_t rows{0}; ///< deleted or corrected
  bool more{false};      ///< there is more to do now
  upkeep_position next{};
  std::optional<std::int64_t> left{};    ///< rows that the table has now; of `refused_records`
  std::vector<upkeep_finding> findings;  ///< of the audits
  std::vector<pending_change> forgotten; ///< by `pending_ops`, for actors/pending_ops
};

/// Runs one batch. Blocks; the connection's thread.
/// @returns an error whose sqlstate is `fenced_state` (db/index/progress.hpp) if the node does not
/// hold the lease with this epoch.
[[nodiscard]] outcome<upkeep_report> run_upkeep(connection& on, tx_options options,
                                                const upkeep_job& job);

// One batch each, inside a transaction. For `run_upkeep`.
[[nodiscard]] outcome<upkeep_report> sweep_sessions(executor& on, const upkeep_job& job);
[[nodiscard]] outcome<upkeep_report> sweep_oauth_states(executor& on, const upkeep_job& job);
[[nodiscard]] outcome<upkeep_report> sweep_pending_ops(executor& on, const upkeep_job& job);
[[nodiscard]] outcome<upkeep_report> sweep_history(executor& on, const upkeep_job& job);
[[nodiscard]] outcome<upkeep_report> sweep_refused_records(executor& on, const upkeep_job& job);
[[nodiscard]] outcome<upkeep_report> audit_orphans(executor& on, const upkeep_job& job);
[[nodiscard]] outcome<upkeep_report> audit_counts(executor& on, const upkeep_job& job);

} // namespace prism::db
