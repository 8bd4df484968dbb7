#pragma once

#include "core/cluster/node_machine.hpp"
#include "core/cluster/placement.hpp"
#include "core/cluster/table.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/transaction.hpp"

#include <chrono>
#include <cstdint>
#include <string>

/// Tables cluster_members, cluster_state, shard_placement, and the writer's row of leases
/// (docs/CLUSTER.md). Each function runs one transaction, safe to repeat when its COMMIT was not
/// answered.
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
/// or its number of shards differs while others live. An operator must act.
inline constexpr std::string_view join_refused_state = "PF010";

/// Adds the node. A live member of its name becomes dead ("replaced"), with its database sessions;
/// if that one held the lease, the lease is free. If no other member lives, the service's cursors
/// are renumbered to `shards` (`claim_cursors`' rule) and shards of nobody wait for placement.
/// @returns the table.
[[nodiscard]] outcome<cluster::table> join_cluster(connection& on, const tx_options& options,
                                                   const join_request& who);

/// One round: writes what `what` says, then reads the table.
[[nodiscard]] outcome<cluster::table> cluster_round(connection& on, const tx_options& options,
                                                    std::string_view service,
                                                    const cluster::node_id& self,
                                                    const cluster::round_request& what,
                                                    std::chrono::milliseconds ttl);

/// Carries out a plan: view + 1, moved shards get the new view as their token in shard_placement
/// and in firehose_cursor, dead members are marked ("expired") and their database sessions ended.
/// @returns the new table. Error with `fenced_state` if this node does not hold the lease with
/// `epoch` any more, or the view is not the one that the plan was made from; nothing is changed
/// then.
[[nodiscard]] outcome<cluster::table> place_shards(connection& on, const tx_options& options,
                                                   std::string_view service,
                                                   const cluster::node_id& self, std::int64_t epoch,
                                                   const cluster::placement_plan& plan);

/// The node has drained: it is dead ("left"), and its lease, if any, is free.
[[nodiscard]] outcome<void> leave_cluster(connection& on, const tx_options& options,
                                          std::string_view service, const cluster::node_id& self);

/// Reads the table, for inspection; no lock.
[[nodiscard]] outcome<cluster::table> read_cluster(executor& on, std::string_view service);

/// An operator's orders. `move_shard` pins the shard to a live member (by name); the leader carries
/// it out at its next round. `drain_member` marks it as draining. Error with state "PF011" if there
/// is no such live member or shard.
[[nodiscard]] outcome<void> move_shard(connection& on, const tx_options& options,
                                       std::string_view service, std::int32_t shard,
                                       std::string_view name);
[[nodiscard]] outcome<void> unpin_shard(connection& on, const tx_options& options,
                                        std::string_view service, std::int32_t shard);
[[nodiscard]] outcome<void> drain_member(connection& on, const tx_options& options,
                                         std::string_view service, std::string_view name);

} // namespace prism::db
