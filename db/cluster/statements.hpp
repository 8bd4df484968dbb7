#pragma once

#include "core/cluster/table.hpp"
#include "db/pg/pipeline.hpp"
#include "db/pg/result.hpp"

#include <string_view>
#include <vector>

/// What several transactions on a cluster's tables have in common. All lock in one order: the
/// lease, the state, members, placement, cursors. So none waits for another in a circle.
namespace prism::db {

/// Locks the lease's row. @returns the index of a result for `read_locked_lease`.
std::size_t queue_lock_lease(pipeline& out, std::string_view service);

struct locked_lease {
  cluster::node_id holder; ///< empty: nobody, or there is no row
  std::int64_t epoch{0};
  bool may_end_sessions{false}; ///< this role may call pg_terminate_backend
};
[[nodiscard]] locked_lease read_locked_lease(const result& rows);

/// Locks the state's row. @returns the index of a result for `read_locked_state`.
std::size_t queue_lock_state(pipeline& out, std::string_view service);

struct locked_state {
  std::int64_t view{0};
  std::int32_t shards{0}; ///< 0: nobody has joined yet
};
[[nodiscard]] locked_state read_locked_state(const result& rows);

void queue_set_state(pipeline& out, std::string_view service, const locked_state& now);

/// Marks live members as dead.
void queue_mark_dead(pipeline& out, std::string_view service,
                     const std::vector<cluster::node_id>& nodes, std::string_view reason);

/// Marks those of the nodes as dead that have expired. @returns the index of the result, with as
/// many rows.
std::size_t queue_mark_expired(pipeline& out, std::string_view service,
                               const std::vector<cluster::node_id>& nodes);

/// Makes the lease free if one of these nodes holds it.
void queue_free_lease(pipeline& out, std::string_view service,
                      const std::vector<cluster::node_id>& holders);

/// Ends the database sessions of nodes (`cluster::session_name`) that this role has opened, so that
/// a stopped process keeps no row locked. Takes no lock and cannot be rolled back. Without the
/// right to do that, it logs so instead: the rows are free when the server notices on its own.
void queue_end_sessions(pipeline& out, const std::vector<cluster::node_id>& nodes,
                        const locked_lease& lease);

/// Deletes members that are dead for more than a day, or that are not among the newest 200.
void queue_forget_dead(pipeline& out, std::string_view service);

/// Their numbers.
[[nodiscard]] std::vector<std::int32_t>
numbers_of(const std::vector<cluster::placed_shard>& shards);

/// Writes shards' rows of shard_placement; tokens are those of `shards`.
void queue_put_placement(pipeline& out, std::string_view service,
                         const std::vector<cluster::placed_shard>& shards);

} // namespace prism::db
