#include "tests/integration/running_node.hpp"

#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/proxied_database.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

TEST_CASE(
    "the cache of parked operations equals the table, and each is counted once, also when the "
    "answer to a COMMIT was lost") {
  firehose_builder events;
  for (int i = 0; i < 400; ++i)
    events.like("user" + std::to_string(i % 50), "l" + std::to_string(i),
                {"at://did:plc:alice/app.bsky.feed.post/p" + std::to_string(i % 20),
                 "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"});
  const auto frames = events.take();
  proxied_database database;
  net::replay_options serve;
  serve.rate = 200;
  const auto relay = net::replay_server::start(frames, serve).value();
  auto options = node_settings(relay->url(), database.conninfo);
  options.batch_max_frames = 10;
  options.until_caught_up = 0ms;
  const auto running = start_node(options);
  auto watcher = connect_to(database.direct);
  const auto in_table = [&] {
    return std::stod(value(watcher, "SELECT count(*) FROM pending_ops"));
  };
  const auto& context = running->context();
  // From its second operation on, a user is in the shard's id cache: no COMMIT of a new user is
  // left.
  REQUIRE(eventually([&] {
    return value(watcher, "SELECT count(*) FROM (SELECT FROM pending_ops GROUP BY creator_id "
                          "HAVING count(*) > 1) AS known") == "50";
  }));
  database.proxy->cut_after_commit(12);
  const auto unknown = [&] {
    return context.metrics.batches().batches.of("commit_unknown").Value();
  };
  REQUIRE(eventually([&] { return in_table() == 400; }));
  CHECK(unknown() > 0);
  CHECK(eventually([&] { return context.metrics.pending().ops[0]->Value() == 400; }));
  CHECK(context.metrics.pending().keys[0]->Value() == 20);
  CHECK(context.metrics.pending().events.of("parked").Value() == 400);
  CHECK(running->stop());
}
