#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/transaction.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What is to be asked of others about users, and what comes of it. The tasks are rows that batches
/// write with the events (db/index/users); whoever asks claims them for a while, so that nothing is
/// lost with him.
namespace prism::db {

enum class identity_kind : std::int16_t {
  handle = 0,  ///< which handle does it have?
  deletion = 1 ///< does its PDS confirm that it is deleted?
};

struct identity_task {
  identity_kind kind{identity_kind::handle};
  std::int64_t user_id{0};
  std::string did;
  micros event_time{0};
  bool forced{false};
  std::int32_t version{0};
  std::int32_t attempts{0};
  micros asked_at{0}; ///< by the database's clock
};

struct claimed_tasks {
  std::vector<identity_task> tasks;
  /// Tasks there are, claimed ones included, and those of them never tried; counted up to
  /// `count_limit`.
  std::int64_t queued{0};
  std::int64_t untried{0};
  static constexpr std::int64_t count_limit = 10'000;
};

/// Takes up to `limit` tasks that are due, for `lease`; none of the users `busy`.
[[nodiscard]] outcome<claimed_tasks> claim_identity_tasks(executor& on, std::int64_t limit,
                                                          std::chrono::milliseconds lease,
                                                          const std::vector<std::int64_t>& busy);

/// Gives back what somebody claimed who is no more.
[[nodiscard]] outcome<void> release_identity_tasks(executor& on);

/// What became of a task.
struct identity_result {
  enum class task_outcome : std::uint8_t {
    confirmed,     ///< the handle is the user's
    refuted,       ///< it has none
    nothing_to_do, ///< nothing to write; the task is done
    failed,        ///< nothing to write; to be tried again after `delay`
    deferred,      ///< the same, without counting as a try
  };
  identity_task task;
  task_outcome what{task_outcome::failed};
  std::string handle; ///< if confirmed
  std::chrono::milliseconds delay{0};
};

struct identity_report {
  std::uint32_t confirmed{0}; ///< users whose handle was written
  std::uint32_t taken{0};     ///< users who lost theirs to another
};

/// Writes results and removes their tasks, in one transaction. A handle goes to whom it was
/// confirmed for last; a failed look-up changes no user. A task that an event renewed meanwhile
/// stays. @param results at most one per user and kind.
[[nodiscard]] outcome<identity_report>
store_identity_results(connection& on, const tx_options& options,
                       const std::vector<identity_result>& results);

} // namespace prism::db
