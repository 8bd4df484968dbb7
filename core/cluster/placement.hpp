#pragma once

#include "core/cluster/table.hpp"

#include <optional>
#include <set>
#include <vector>

namespace prism::cluster {

/// Changes that a leader makes to the table in one transaction.
struct placement_plan {
  std::int64_t from_view{0};         ///< the view that it was made from
  std::vector<node_id> dead{};       ///< members to declare dead
  std::vector<placed_shard> moved{}; ///< shards that get a new owner; their tokens are the new view
};

/// What the leader knows that the table does not.
struct leader_knowledge {
  node_id self{};
  /// Members that the leader can reach (net/link), or that it was cut off from so recently that
  /// their shards may stay.
  std::set<node_id> reachable{};
  /// Whether it may declare others dead (`node_machine::may_declare_dead`).
  bool may_declare_dead{false};
};

/// The placement that should be. Expired members are declared dead, if the leader may. Every shard
/// is on a candidate: a live member that is not draining, not expired, and is the leader or
/// reachable; the leader is always one, unless it is draining and there is another. Of n candidates
/// each has shards / n shards, rounded up or down; a shard that must move goes, of those that have
/// room, to the one with the highest hash of shard and name. Only shards that must move do: a node
/// that joins takes from others only what it is to have, one that leaves gives up only its own. A
/// pinned shard stays on its node while that is a candidate, whatever else it has; then the pin is
/// gone. A reachable member that is expired but not to be declared dead (the database was away)
/// keeps its shards and gets none.
/// @returns empty if nothing changes. Pure.
[[nodiscard]] std::optional<placement_plan> plan_placement(const table& from,
                                                           const leader_knowledge& known);

} // namespace prism::cluster
