#include "actors/node/cluster_start.hpp"

#include "actors/node/start_errors.hpp"
#include "core/cluster/node_machine.hpp"
#include "core/cluster/placement.hpp"
#include "core/cluster/protocol.hpp"
#include "core/version.hpp"
#include "db/cluster/cluster.hpp"
#include "log/log.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace prism {

namespace {

[[nodiscard]] tl::unexpected<error> failed(const char* what, const db::db_error& why) {
  const auto code = why.sqlstate == db::join_refused_state ? errc::invalid : code_at_start(why);
  return fail(code, "{}: {}", what, why.message);
}

void show(node_context& node, const cluster::node_id& self, const cluster::node_machine& machine,
          cluster::table table) {
  node.cluster.trust(machine.trusted_until(), machine.epoch());
  node.status.epoch = table.lead.epoch;
  node.cluster.show(std::make_shared<const cluster_snapshot>(
      cluster_snapshot{.self = self, .table = std::move(table), .read_at = steady_clock::now()}));
}

} // namespace

expected<void> enter_cluster(db::connection& connection, node_context& node, node_links& links,
                             const std::string& server_start) {
  const auto self = to_string(boost::uuids::random_generator()());
  if (auto listening = links.start(self); !listening)
    return listening;
  const auto& options = node.options;
  db::tx_options tx;
  tx.server_start = server_start;
  // Others wait for the rows that it locks.
  tx.deadline = std::max(options.cluster_ttl / 2, std::chrono::milliseconds{2'000});
  auto table = db::join_cluster(connection, tx,
                                {.id = self,
                                 .service = node.service,
                                 .name = node.name,
                                 .address = links.address(),
                                 .version = std::string{version()},
                                 .protocol = cluster::own_protocol(),
                                 .shards = static_cast<std::int32_t>(options.shards),
                                 .ttl = options.cluster_ttl});
  if (!table)
    return failed("this node cannot join the cluster", table.error());
  cluster::node_machine machine(self, {.ttl = options.cluster_ttl});
  // The first round may read whose lease it is, the second one take it.
  for (int round = 0; round < 2 && !machine.leads(steady_clock::now()); ++round) {
    const auto request = machine.begin_round(steady_clock::now());
    table = db::cluster_round(connection, tx, node.service, self, request, options.cluster_ttl);
    if (!table)
      return failed("the first round of the cluster failed", table.error());
    static_cast<void>(machine.on_table(*table, steady_clock::now()));
  }
  if (machine.leads(steady_clock::now()))
    if (const auto plan = cluster::plan_placement(*table, {self, {}, false})) {
      table = db::place_shards(connection, tx, node.service, self, machine.epoch(), *plan);
      if (!table)
        return failed("the shards cannot be placed", table.error());
    }
  show(node, self, machine, std::move(*table));
  const auto now = node.cluster.read();
  const auto* leader = now->leader();
  log::cluster().info("cluster: node '{}' is {}, view {}, led by {} with epoch {}", node.name, self,
                      now->table.view, leader == nullptr ? "nobody" : "'" + leader->name + "'",
                      now->table.lead.epoch);
  return {};
}

} // namespace prism
