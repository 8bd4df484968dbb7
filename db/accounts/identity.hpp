#pragma once

#include "db/batch/batch.hpp"
#include "db/identity/known_identity.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/transaction.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Identity tasks: lookups of users' handles and of deletions, and what they found. A batch writes
/// the tasks (rows of identity_tasks) together with the events (db/index/users). A claim ends after
/// a time: if the claimer fails, its tasks become due again.
namespace prism::db {

enum class identity_kind : std::int16_t {
  handle = 0,  ///< look the handle up
  deletion = 1 ///< ask the PDS whether the account is deleted
};

struct identity_task {
  identity_kind kind{identity_kind::handle};
  std::int64_t user_id{0};
  std::string did;
  micros event_time{0};  ///< of the event that asked
  stream_place place{0}; ///< of that event; 0 for a lookup that no #identity event asked for
  bool forced{false};
  std::int32_t version{0};
  std::int32_t attempts{0};
  micros asked_at{0}; ///< by the database's clock
  /// Of the user's newest #identity event when the task was claimed; 0: none.
  stream_place identity_place{0};
};

struct claimed_tasks {
  std::vector<identity_task> tasks;
  /// All tasks, claimed ones included, and those of them never tried; counted up to `count_limit`.
  std::int64_t queued{0};
  std::int64_t untried{0};
  static constexpr std::int64_t count_limit = 10'000;
};

/// Claims up to `limit` due tasks for `claim_time`, none of the users `busy`.
/// @param node UUID of the claimer
[[nodiscard]] outcome<claimed_tasks> claim_identity_tasks(executor& on, std::string_view node,
                                                          std::int64_t limit,
                                                          std::chrono::milliseconds claim_time,
                                                          const std::vector<std::int64_t>& busy);

/// Makes claimed tasks due now: those of this node, whose actor begins again, and those of nodes
/// that are no live members of a cluster.
[[nodiscard]] outcome<void> release_identity_tasks(executor& on, std::string_view node);

/// The outcome of one task.
struct identity_result {
  enum class task_outcome : std::uint8_t {
    confirmed,     ///< the user has this handle
    refuted,       ///< the user has no handle
    nothing_to_do, ///< nothing to write; the task is done
    failed,        ///< nothing to write; retried after `delay`
    deferred,      ///< the same, but not counted as a try
  };
  identity_task task;
  task_outcome what{task_outcome::failed};
  std::string handle; ///< if confirmed
  std::chrono::milliseconds delay{0};
  std::string why{}; ///< if failed or deferred: the reason, printable and bounded by the caller
};

struct identity_report {
  std::uint32_t confirmed{0}; ///< users whose handle was written
  std::uint32_t taken{0};     ///< users who lost their handle to another user
};

/// Writes results and deletes their tasks, and writes the documents that were found on the way, in
/// one transaction. A handle belongs to the user for whom it was confirmed last; a failed lookup
/// changes no user. A task that an event renewed in the meantime stays. Of two documents of one
/// user that of the later #identity event stays, and of the later lookup after one event; deleted
/// users get none. Blocks; the connection's thread.
/// @param results at most one per user and kind.
[[nodiscard]] outcome<identity_report>
store_identity_results(connection& on, const tx_options& options,
                       const std::vector<identity_result>& results,
                       const std::vector<did_document_row>& documents = {});

} // namespace prism::db
