#pragma once

#include "core/cluster/node_machine.hpp"
#include "core/cluster/placement.hpp"
#include "core/cluster/table.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/transaction.hpp"

#include <chrono>
#include <cstdint>
#include <string>

/// Tables cluster_members, cluster_state, shard_placement, and the row of leases that is the
/// leader's (docs/CLUSTER.md). Each function runs one transaction, safe to repeat when its COMMIT
/// was not answered. Those that change placement lock the rows of lease and state, and wait for the
/// running batch of each shard that they move: `tx_options::deadline` should be well below ttl.
/// Rounds wait only for the lease, and only if they ask something of it.
namespace prism::db {

/// A node that joins.
struct join_request {
  cluster::node_id id;
  std::string service;
  std::string name;
  std::string address;
  std::string version;
  cluster::protocol_range protocol{};
  std::int32_t shards{1};
  std::chrono::milliseconds ttl{10'000};
};

/// SQLSTATE-like code of an error that refuses a node: its protocol does not fit a live member's,
/// or its number of shards differs while others are live. An operator must act.
inline constexpr std::string_view join_refused_state = "PF010";

/// SQLSTATE-like code of an operator's order about a member or a shard that is not there.
inline constexpr std::string_view no_such_member_state = "PF011";

/// Adds the node. A live member of its name becomes dead ("replaced"), with its database sessions;
/// if that one held the lease, the lease is free. If no other member is at work (all are dead, or
/// expired for longer than a ttl), the stream is taken up (`take_up_stream`), and the service's
/// cursors are renumbered to `shards` (`renumber_cursors`). If one of both changed something, all
/// shards wait for placement with new tokens, and who expired is dead.
/// @returns the table. If the node had joined before and is dead now, only that.
[[nodiscard]] outcome<cluster::table> join_cluster(connection& on, const tx_options& options,
                                                   const join_request& who);

/// One round: writes what `what` says, then reads the table. A round that asks for nothing locks
/// and writes nothing. `take` also takes a lease that ends more than two ttl, this node's or the
/// holder's, from now: the database's clock was set back.
[[nodiscard]] outcome<cluster::table> cluster_round(connection& on, const tx_options& options,
                                                    std::string_view service,
                                                    const cluster::node_id& self,
                                                    const cluster::round_request& what,
                                                    std::chrono::milliseconds ttl);

/// Carries out a plan: view + 1, moved shards get the new view as their token in shard_placement
/// and in firehose_cursor, dead members are marked ("expired"). The database sessions of these are
/// ended, and of former owners that are dead.
/// @returns the new table. Error with `fenced_state` if this node does not hold the lease with
/// `epoch` any more, or the view is not the one that the plan was made from; nothing is changed
/// then.
[[nodiscard]] outcome<cluster::table> place_shards(connection& on, const tx_options& options,
                                                   std::string_view service,
                                                   const cluster::node_id& self, std::int64_t epoch,
                                                   const cluster::placement_plan& plan);

/// Forgets the cursors of the service, whose numbers began anew (`begin_stream_anew`), and the
/// placement. Every member is dead ("expired"), so those at work drop what they know and join
/// again.
/// @returns the new base of places.
[[nodiscard]] outcome<std::int64_t> begin_cluster_anew(connection& on, const tx_options& options,
                                                       std::string_view service);

/// The node has drained: it is dead ("left"), and its lease, if any, is free.
[[nodiscard]] outcome<void> leave_cluster(connection& on, const tx_options& options,
                                          std::string_view service, const cluster::node_id& self);

/// Reads the table, for inspection; no lock.
[[nodiscard]] outcome<cluster::table> read_cluster(executor& on, std::string_view service);

/// An operator's orders. `move_shard` places the shard on a live member (by name) at once, in a new
/// view, and pins it there. `unpin_shard` leaves it where it is until the leader's next plan.
/// `drain_member` marks the member as draining, or as draining no longer, which one that stops does
/// not heed. Error with `no_such_member_state` if there is no
/// such live member or shard, or the member to move to is draining.
[[nodiscard]] outcome<void> move_shard(connection& on, const tx_options& options,
                                       std::string_view service, std::int32_t shard,
                                       std::string_view name);
[[nodiscard]] outcome<void> unpin_shard(connection& on, const tx_options& options,
                                        std::string_view service, std::int32_t shard);
[[nodiscard]] outcome<void> drain_member(connection& on, const tx_options& options,
                                         std::string_view service, std::string_view name,
                                         bool draining = true);

} // namespace prism::db
