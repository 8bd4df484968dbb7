#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// The cluster as the database has it (docs/CLUSTER.md). Plain values.
namespace prism::cluster {

/// One process of prismd: 36 characters of a UUID, lower case; another for every start.
using node_id = std::string;

/// Versions of the links between nodes that a node speaks, both included.
struct protocol_range {
  std::int32_t min{1};
  std::int32_t max{1};

  friend bool operator==(const protocol_range&, const protocol_range&) = default;
};

/// A node that takes part, or did.
struct member {
  node_id id{};
  std::string name{};    ///< `node-name`; no two live members of a cluster have the same
  std::string address{}; ///< HOST:PORT of its links; empty: it cannot be linked to
  std::string version{}; ///< of prismd
  protocol_range protocol{};
  bool draining{false};
  /// By the database's clock at the moment of reading; negative: expired since.
  std::chrono::milliseconds expires_in{0};
  std::int64_t view{0};      ///< the newest that it says it has seen
  std::string dead_reason{}; ///< empty: it is live. "replaced", "expired" or "left"
  /// Its `cluster-ttl-ms`; 0: its version does not say.
  std::chrono::milliseconds ttl{0};

  [[nodiscard]] bool dead() const noexcept { return !dead_reason.empty(); }
};

/// The right to lead.
struct lease {
  node_id holder{}; ///< empty: nobody has had it yet
  std::int64_t epoch{0};
  std::chrono::milliseconds expires_in{0}; ///< by the database's clock; not positive: expired
};

/// Who writes a shard.
struct placed_shard {
  std::int32_t shard{0};
  node_id node{};        ///< empty: nobody yet
  std::int64_t token{0}; ///< the view at which it was placed; also in firehose_cursor.epoch
  bool pinned{false};    ///< an operator chose the node

  friend bool operator==(const placed_shard&, const placed_shard&) = default;
};

/// By which the database's server knows the sessions of a node (application_name).
[[nodiscard]] inline std::string session_name(const node_id& node) {
  return "prismd " + node;
}

/// All of it, read in one transaction.
struct table {
  std::int64_t view{0};
  lease lead{};
  std::vector<member> members{};         ///< live ones by name; then some dead ones, newest first
  std::vector<placed_shard> placement{}; ///< by shard; as many as the service has shards
};

/// Null: no such member lives.
[[nodiscard]] inline const member* find_live(const table& in, const node_id& node) noexcept {
  const auto found = std::ranges::find(in.members, node, &member::id);
  return found == in.members.end() || found->dead() ? nullptr : &*found;
}

} // namespace prism::cluster
