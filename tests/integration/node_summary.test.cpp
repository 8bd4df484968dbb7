#include "actors/node/node_summary.hpp"
#include "tests/integration/running_node.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/replay_server.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

TEST_CASE("the summary of a node says what /readyz says, and has a line for every actor") {
  auto server = net::replay_server::start({}, {}).value();
  auto options = node_settings(server->url(), pg_fixture::fresh_database());
  options.until_caught_up = {};
  options.shards = 2;
  auto running = start_node(options);
  const auto has = [&](const std::string& beginning) {
    const auto lines = summary_of(*running, patience);
    return std::ranges::any_of(lines,
                               [&](const auto& line) { return line.starts_with(beginning); });
  };
  REQUIRE(eventually([&] { return has("ok   database reachable"); }));
  for (const auto* actor :
       {"firehose: relay=", "shard-0: phase=", "shard-1: ", "pool: sessions=", "pool_monitor: ",
        "user_creation:", "identity:", "pending_ops: ", "janitor: ", "metrics: port=0"})
    CHECK(eventually([&] { return has(actor); }));
  CHECK_FALSE(has("db_session"));
  running->context().status.set_problem("shard-1", "before frame 3: 42P01");
  CHECK(has("FAIL shard-1: before frame 3: 42P01"));
  CHECK(running->stop());
}
