#include "actors/node/children.hpp"

#include "actors/cluster/cluster.hpp"
#include "actors/cluster/remote_firehose.hpp"
#include "actors/cluster/remote_shard.hpp"
#include "actors/dataplane/reader.hpp"
#include "actors/firehose.hpp"
#include "actors/identity.hpp"
#include "actors/janitor.hpp"
#include "actors/metrics_exporter.hpp"
#include "actors/pending_ops.hpp"
#include "actors/pool.hpp"
#include "actors/pool_monitor.hpp"
#include "actors/shard.hpp"
#include "actors/user_creation.hpp"

namespace prism {

namespace {

// Without the type of its messages, so that an actor and the proxy in its place look the same.
template <class State, caf::spawn_options Options = caf::no_spawn_options, class... Args>
[[nodiscard]] caf::strong_actor_ptr spawn_child(caf::actor_system& system, Args... args) {
  return caf::actor_cast<caf::strong_actor_ptr>(
      spawn_state<State, Options>(system, std::move(args)...));
}

// A child that is always restarted; its restarts are counted under the name of its class, so those
// of all shards together.
template <class State, caf::spawn_options Options = caf::no_spawn_options, class... Args>
[[nodiscard]] child_factory permanent(std::string name, Args... args) {
  return {.spec = {std::move(name), restart_type::permanent},
          .make =
              [args...](caf::actor_system& system) {
                return spawn_child<State, Options>(system, args...);
              },
          .metrics_name = State::name};
}

[[nodiscard]] child_factory on_demand(child_factory child) {
  child.spec.on_demand = true;
  return child;
}

// The firehose itself in the leader, else the proxy of the leader's.
[[nodiscard]] child_factory firehose_child(const node_ptr& node, const node_links_ptr& links) {
  auto out = on_demand(permanent<firehose_state>(names::firehose, node));
  out.make = [node, links](caf::actor_system& system) {
    const auto now = node->cluster.read();
    return now->led_by_self() ? spawn_child<firehose_state>(system, node)
                              : spawn_child<remote_firehose_state>(system, node, links);
  };
  return out;
}

// The shard itself where it is placed here, else the proxy of another node's.
[[nodiscard]] child_factory shard_child(const node_ptr& node, const node_links_ptr& links,
                                        std::size_t shard) {
  auto out = on_demand(permanent<shard_state>(names::shard(shard), node, shard));
  out.make = [node, links, shard](caf::actor_system& system) {
    return node->cluster.token(shard) ? spawn_child<shard_state>(system, node, shard)
                                      : spawn_child<remote_shard_state>(system, node, links, shard);
  };
  return out;
}

// With a thread of its own, since it waits for the database.
[[nodiscard]] child_factory reader_child(const node_ptr& node, const dataplane_port_ptr& port,
                                         std::size_t number) {
  return permanent<reader_state, caf::detached>(names::reader(number), node, port, number);
}

// As a reader: its rounds wait for the database.
[[nodiscard]] child_factory cluster_child(const node_ptr& node, const node_links_ptr& links) {
  return permanent<cluster_state, caf::detached>(names::cluster, node, links);
}

} // namespace

std::vector<child_factory> children_of(const node_ptr& node, const node_links_ptr& links,
                                       const dataplane_port_ptr& dataplane,
                                       const std::shared_ptr<health_port>& health) {
  const auto& options = node->options;
  std::vector<child_factory> out;
  out.push_back(permanent<metrics_exporter_state>(names::metrics, node, health));
  out.push_back(permanent<pool_state>(names::pool, node));
  out.push_back(permanent<pool_monitor_state>(names::pool_monitor, node));
  out.push_back(cluster_child(node, links));
  out.push_back(permanent<user_creation_state>(names::user_creation, node));
  out.push_back(permanent<pending_ops_state>(names::pending_ops, node));
  out.push_back(permanent<identity_state>(names::identity, node));
  if (dataplane->port() != 0)
    for (std::size_t number = 0; number < options.dataplane_readers; ++number)
      out.push_back(reader_child(node, dataplane, number));
  for (std::size_t shard = 0; shard < options.shards; ++shard)
    out.push_back(shard_child(node, links, shard));
  out.push_back(firehose_child(node, links));
  out.push_back(on_demand(permanent<janitor_state>(names::janitor, node, janitor_tasks(options))));
  return out;
}

supervision_options supervision_of(const config::options& options) {
  supervision_options out;
  out.max_restarts =
      20 + 5 * (options.shards + options.dataplane_readers) + 2 * options.chaos_kill_per_minute;
  return out;
}

} // namespace prism
