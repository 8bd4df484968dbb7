#pragma once

#include "core/cluster/table.hpp"

#include <optional>
#include <set>
#include <vector>

namespace prism::cluster {

/// Changes that a leader makes to the table in one transaction.
struct placement_plan {
  std::int64_t from_view{0};       ///< the view that it was made from
  std::vector<node_id> dead;       ///< members to declare dead
  std::vector<placed_shard> moved; ///< shards that get a new owner; their tokens are the new view
};

/// What the leader knows that the table does not.
struct leader_knowledge {
  node_id self;
  /// Members that the leader can reach (net/link), or that it was cut off from so recently that
  /// their shards may stay.
  std::set<node_id> reachable;
  /// Whether it may declare others dead (`node_machine::may_declare_dead`).
  bool may_declare_dead{false};
};

/// The placement that should be: expired members are declared dead; every shard is on a candidate
/// (a live member that is not draining, not expired, and is the leader or reachable). Shards go by
/// rendezvous hash of shard and the member's name; no candidate has more than
/// ceil(shards / candidates); only shards that must move do. A pinned shard stays on its node while
/// that is a candidate. The leader is always a candidate, unless it is draining and there is
/// another one.
/// @returns empty if nothing changes. Pure.
[[nodiscard]] std::optional<placement_plan> plan_placement(const table& from,
                                                           const leader_knowledge& known);

} // namespace prism::cluster
