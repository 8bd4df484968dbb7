#include "tests/integration/cluster/cluster_of_tests.hpp"

#include "tests/support/must.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace prism::test {

namespace {

[[nodiscard]] std::string new_uuid(const std::string& conninfo) {
  auto on = connect_to(conninfo);
  return std::string{must(on.exec("SELECT gen_random_uuid()::text")).get_text(0, 0)};
}

[[nodiscard]] db::connection connect_as(const std::string& conninfo, const std::string& id) {
  constexpr std::chrono::minutes patience{2};
  return must(db::connection::open({.conninfo = conninfo,
                                    .application_name = "prismd " + id,
                                    .connect_timeout = patience,
                                    .default_timeout = patience,
                                    .cancel_grace = patience}));
}

[[nodiscard]] std::string tokens_in(db::connection& on, std::string_view column,
                                    std::string_view table) {
  const auto rows = must(on.exec(
      fmt::format("SELECT coalesce(string_agg(shard || '=' || {}, ' ' ORDER BY shard), '') FROM {} "
                  "WHERE service = '{}'",
                  column, table, test_service)));
  return std::string{rows.get_text(0, 0)};
}

} // namespace

test_node::test_node(const std::string& conninfo, std::string name, std::int32_t shards)
    : who{.id = new_uuid(conninfo),
          .service = std::string{test_service},
          .name = std::move(name),
          .address = "127.0.0.1:7000",
          .version = "1.2.3",
          .protocol = {1, 2},
          .shards = shards,
          .ttl = std::chrono::minutes{1}},
      connection(connect_as(conninfo, who.id)) {}

db::outcome<cluster::table> test_node::join() {
  return db::join_cluster(connection, options, who);
}

db::outcome<cluster::table> test_node::round(const cluster::round_request& what) {
  return db::cluster_round(connection, options, who.service, who.id, what, who.ttl);
}

db::outcome<cluster::table> test_node::place(const cluster::table& from,
                                             const cluster::placement_plan& plan) {
  return db::place_shards(connection, options, who.service, who.id, from.lead.epoch, plan);
}

cluster::table test_node::lead() {
  must(join());
  auto table = must(round(ask(cluster::round_request::lease_action::take)));
  REQUIRE(table.lead.holder == who.id);
  return table;
}

cluster::table test_node::place_all(const cluster::node_id& owner,
                                    std::vector<cluster::node_id> dead) {
  const auto from = must(round());
  cluster::placement_plan plan{.from_view = from.view, .dead = std::move(dead), .moved = {}};
  for (const auto& each : from.placement)
    plan.moved.push_back({each.shard, owner, 0, false});
  return must(place(from, plan));
}

cluster::round_request ask(cluster::round_request::lease_action what, std::int64_t epoch) {
  return {.lease = what, .epoch = epoch};
}

const cluster::member& member_of(const cluster::table& in, const cluster::node_id& id) {
  const auto found = std::ranges::find(in.members, id, &cluster::member::id);
  REQUIRE(found != in.members.end());
  return *found;
}

std::string death_of(const cluster::table& in, const cluster::node_id& id) {
  const auto found = std::ranges::find(in.members, id, &cluster::member::id);
  return found == in.members.end() ? "none" : found->dead_reason;
}

void pass_time(db::connection& on, std::chrono::milliseconds by) {
  const auto earlier = fmt::format("- interval '{} milliseconds'", by.count());
  must(on.exec_script(
      fmt::format("UPDATE cluster_members SET expires_at = expires_at {0}, dead_at = dead_at {0}, "
                  "started_at = started_at {0}; UPDATE leases SET expires_at = expires_at {0}",
                  earlier)));
}

std::string tokens(db::connection& on) {
  auto out = tokens_in(on, "epoch", "firehose_cursor");
  CHECK(out == tokens_in(on, "token", "shard_placement"));
  return out;
}

} // namespace prism::test
