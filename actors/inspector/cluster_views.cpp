// The cluster, as the table and as this node see it.
#include "actors/inspector/answer.hpp"
#include "actors/inspector/views.hpp"
#include "core/cluster/ttl_check.hpp"
#include "db/cluster/cluster.hpp"

namespace prism::views {

namespace {

namespace json = boost::json;

[[nodiscard]] std::string name_of(const cluster::table& in, const cluster::node_id& id) {
  for (const auto& member : in.members)
    if (member.id == id)
      return member.name;
  return id;
}

[[nodiscard]] std::string state_of(const cluster::member& of, const cluster::table& in) {
  if (of.dead())
    return "dead: " + of.dead_reason;
  if (of.expires_in.count() <= 0)
    return "expired";
  if (of.draining)
    return "draining";
  return in.lead.holder == of.id ? "leader" : "member";
}

[[nodiscard]] std::string ttl_of(const cluster::member& of, std::chrono::milliseconds own) {
  if (of.ttl.count() == 0)
    return "unknown";
  return fmt::format("{}{} ms", cluster::has_other_ttl(of, own) ? "DIFFERS: " : "", of.ttl.count());
}

[[nodiscard]] json::array members_of(const cluster::table& from, std::chrono::milliseconds ttl) {
  json::array out;
  for (const auto& each : from.members) {
    std::size_t shards = 0;
    for (const auto& placed : from.placement)
      shards += placed.node == each.id ? 1 : 0;
    out.push_back({{"name", each.name},
                   {"state", state_of(each, from)},
                   {"shards", shards},
                   {"view", each.view},
                   {"behind", each.dead() ? 0 : from.view - each.view},
                   {"expires_in_seconds", seconds_of(each.expires_in)},
                   {"ttl", ttl_of(each, ttl)},
                   {"protocol", fmt::format("{}-{}", each.protocol.min, each.protocol.max)},
                   {"version", each.version},
                   {"address", each.address},
                   {"node", each.id}});
  }
  return out;
}

/// Each shard as `table` has it, and what this node believes where that differs.
[[nodiscard]] json::array shards_of(const cluster::table& from, const cluster::table& believed) {
  json::array out;
  for (const auto& placed : from.placement) {
    const auto found =
        std::ranges::find(believed.placement, placed.shard, &cluster::placed_shard::shard);
    const bool same = found != believed.placement.end() && found->node == placed.node &&
                      found->token == placed.token;
    out.push_back({{"shard", placed.shard},
                   {"node", name_of(from, placed.node)},
                   {"token", placed.token},
                   {"pinned", placed.pinned},
                   {"here", same ? std::string{"same"}
                            : found == believed.placement.end()
                                ? std::string{"DIFFERS: unknown"}
                                : fmt::format("DIFFERS: {} with token {}",
                                              name_of(from, found->node), found->token)}});
  }
  return out;
}

[[nodiscard]] json::object own_of(const node_context& node, const cluster_snapshot& own) {
  const auto now = steady_clock::now();
  return {{"name", node.name},
          {"node", own.self},
          {"view", own.table.view},
          {"leader", name_of(own.table, own.table.lead.holder)},
          {"epoch", own.table.lead.epoch},
          {"leads", node.cluster.leads(now)},
          {"read_seconds_ago", seconds_of(now - own.read_at)}};
}

[[nodiscard]] json::array links_of(const node_context& node) {
  json::array out;
  for (const auto& link : node.cluster.links())
    out.push_back({{"to", link.name},
                   {"state", link.open ? "open" : "closed"},
                   {"for_seconds", link.seconds},
                   {"round_trip_ms", link.round_trip_ms},
                   {"bytes_in", link.bytes_in},
                   {"bytes_out", link.bytes_out},
                   {"queued_bytes", link.queued_bytes},
                   {"ended", link.ends},
                   {"address", link.address}});
  return out;
}

} // namespace

view_data cluster_own(node_context& node) {
  view_data out;
  const auto own = node.cluster.read();
  if (!own) {
    out.data["said"] = "the node has not joined the cluster yet";
    return out;
  }
  out.data["here"] = own_of(node, *own);
  out.data["members"] = members_of(own->table, node.options.cluster_ttl);
  out.data["shards"] = shards_of(own->table, own->table);
  out.data["links"] = links_of(node);
  return out;
}

expected<view_data> cluster_table(command_call& call) {
  const auto own = call.node.cluster.read();
  const auto table = db::read_cluster(*call.database, call.node.service);
  if (!table)
    return fail(errc::transient,
                "the database cannot answer: {} ({}); `prismctl cluster own` needs none",
                table.error().message, table.error().sqlstate);
  view_data out;
  out.data["table"] = {{"view", table->view},
                       {"leader", name_of(*table, table->lead.holder)},
                       {"epoch", table->lead.epoch},
                       {"lease_expires_in_seconds", seconds_of(table->lead.expires_in)}};
  if (own) {
    out.data["here"] = own_of(call.node, *own);
    out.data["agrees"] = own->table.view == table->view &&
                         own->table.lead.holder == table->lead.holder &&
                         own->table.placement == table->placement;
  }
  out.data["members"] = members_of(*table, call.node.options.cluster_ttl);
  out.data["shards"] = shards_of(*table, own ? own->table : cluster::table{});
  out.data["links"] = links_of(call.node);
  return out;
}

} // namespace prism::views
