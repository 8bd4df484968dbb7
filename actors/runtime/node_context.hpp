#pragma once

#include "actors/runtime/cluster_board.hpp"
#include "actors/runtime/crash_history.hpp"
#include "actors/runtime/directory.hpp"
#include "actors/runtime/node_status.hpp"
#include "actors/runtime/pauses.hpp"
#include "actors/runtime/reads_board.hpp"
#include "actors/runtime/relay_link.hpp"
#include "actors/runtime/shown.hpp"
#include "actors/runtime/state_actor.hpp"
#include "actors/runtime/supervision_board.hpp"
#include "actors/runtime/tree_access.hpp"
#include "actors/runtime/work.hpp"
#include "config/options.hpp"
#include "core/event_trace.hpp"
#include "db/pg/server_identity.hpp"
#include "metrics/registry.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prism {

/// What all actors of a node share. Immutable once they run, except for members that are themselves
/// thread-safe.
struct node_context {
  node_context(config::options settings, const metrics::registry_options& families)
      : options(std::move(settings)), metrics(families) {}

  config::options options;
  /// What operators call this node.
  std::string name;
  const time_point started{steady_clock::now()};
  /// The connection string in use: that of the private server if the options name none.
  std::string conninfo;
  /// The name of the stream in firehose_cursor: the relay's URL.
  std::string service;
  /// The same without passwords.
  std::string service_shown;
  /// Of the stream (`db::place_of`).
  std::int64_t place_base{0};
  /// The server that tokens, cursors and all ids in memory come from.
  db::server_identity server;
  directory actors;
  cluster_board cluster;
  reads_board reads;
  node_status status;
  supervision_board tree;
  tree_access access;
  crash_history crashes;
  pauses paused;
  event_trace events;
  relay_link relay;
  shown<pool_work> pool;               ///< the pool shows it
  shown<std::vector<lane_work>> lanes; ///< by shard; the firehose shows it
  metrics::registry metrics;
};

using node_ptr = std::shared_ptr<node_context>;

/// Actors whose first argument is the node are counted in its metrics.
template <class... Args>
[[nodiscard]] std::optional<metrics::actor_metrics>
metrics_of_actor(const char* name, const node_ptr& node, const Args&... /*others*/) {
  return node->metrics.actor(name);
}

} // namespace prism
