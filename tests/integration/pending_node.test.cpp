#include "db/index/pending.hpp"
#include "db/schema/migrator.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/integration/running_node.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/corpus_file.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>
#include <numeric>

// Operations that wait for what they refer to, as a whole node remembers and counts them.

using namespace prism;
using namespace prism::test;

TEST_CASE("the cache of parked operations keeps to its caps, and evicted ones are released all the "
          "same") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  const auto run = [&](const config::options& options, auto&& check) {
    const auto running = start_node(options);
    finish(*running);
    check(*running);
  };
  const auto server = net::replay_server::start(corpus, {}).value();
  const auto roomy = pg_fixture::fresh_database();
  run(node_settings(server->url(), roomy), [](node&) {});

  const auto tight = pg_fixture::fresh_database();
  auto options = node_settings(server->url(), tight);
  options.pending_max_posts = 2;
  options.pending_max_items = 1;
  const auto running = start_node(options);
  auto& pending = running->context().metrics.pending();
  CHECK(eventually([&] { return pending.events.of("evicted").Value() > 0; }));
  CHECK(pending.keys[0]->Value() <= 2);
  CHECK(pending.ops[0]->Value() <= 2);
  finish(*running);
  CHECK(rows_of(tight) == rows_of(roomy));
}

TEST_CASE("a node loads the newest parked operations, however many there are") {
  const auto database = pg_fixture::fresh_database();
  auto on = db::connection::open({.conninfo = database}).value();
  REQUIRE(db::migrate(on));
  REQUIRE(on.exec_script(
      "INSERT INTO pending_ops (referent_id, creator_id, collection, rkey, commit_time, "
      "created_at, "
      "cid, subject_cid, parked_at) SELECT i, 1, 2, i::text, now(), now(), '', '', "
      "now() - (300000 - i) * interval '1 ms' FROM generate_series(1, 300000) AS i; "
      "ANALYZE pending_ops"));
  {
    auto other = connect_to(database);
    const auto newest = must(db::select_newest_pending(other, 3));
    REQUIRE(newest.size() == 3);
    for (std::size_t i = 0; i < newest.size(); ++i)
      CHECK(newest[i].referent_id == static_cast<std::int64_t>(299'998 + i)); // oldest first
  }
  // A session reports its reads when it ends at the latest; ours has none yet.
  const auto rows_read = [&] {
    REQUIRE(eventually([&] {
      return value(on, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                       "AND backend_type = 'client backend'") == "1";
    }));
    return std::stoll(value(on, "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables "
                                "WHERE relname = 'pending_ops'"));
  };
  const auto before = rows_read();
  CHECK(before == 3);
  const auto server = net::replay_server::start({}, {}).value();
  auto options = node_settings(server->url(), database);
  options.until_caught_up = {};
  const auto running = start_node(options);
  auto& pending = running->context().metrics.pending();
  CHECK(eventually([&] { return pending.ops[0]->Value() == 10'000; }));
  CHECK(pending.keys[0]->Value() == 10'000);
  CHECK(running->stop());
  // No more was read than has room for, neither by the node nor by the database for it.
  CHECK(rows_read() - before == 10'000);
  CHECK(value(on, "SELECT count(*) FROM pending_ops") == "300000");
}

TEST_CASE("every event of a parked operation is counted, and the cache follows") {
  firehose_builder events;
  auto like = [&, user = 0](const char* rkey, int count) mutable {
    const firehose_builder::fields post{
        {"$type", "app.bsky.feed.post"}, {"text", "any"}, {"createdAt", record_time}};
    for (int i = 0; i < count; ++i)
      events.like(
          fmt::format("user{}", user++), "x1",
          {fmt::format("at://did:plc:alice/app.bsky.feed.post/{}", rkey), cid_of(block_of(post))});
  };
  like("comes", 10);
  like("lost", 6);
  like("far", 4);
  for (int i = 10; i < 13; ++i)
    events.remove({fmt::format("at://did:plc:user{}/app.bsky.feed.like/x1", i), ""});
  events.post("alice", "comes");
  std::vector<std::size_t> all(events.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto server = net::replay_server::start(events.in_order(all), {}).value();
  const auto database = pg_fixture::fresh_database();
  auto options = node_settings(server->url(), database);
  options.until_caught_up = {};
  options.shards = 1; // in the order of the events, each in a batch of its own
  options.batch_max_frames = 1;
  options.pending_ttl = std::chrono::hours{1};
  options.pending_sweep_interval = std::chrono::seconds{1};
  const auto running = start_node(options);
  auto on = connect_to(database);
  const auto& pending = running->context().metrics.pending();
  const auto event_counts = [&] {
    std::vector<double> out;
    for (const auto* what : {"parked", "released", "cancelled", "expired"})
      out.push_back(pending.events.of(what).Value());
    return out;
  };
  const auto in_table = [&] { return std::stod(value(on, "SELECT count(*) FROM pending_ops")); };
  using numbers = std::vector<double>;
  CHECK(eventually([&] { return event_counts() == numbers{20, 10, 3, 0}; }));
  CHECK(eventually([&] { return pending.ops[0]->Value() == 7; }));
  CHECK(pending.keys[0]->Value() == 2);
  CHECK(in_table() == 7);
  must(on.exec_script("UPDATE pending_ops SET parked_at = now() - interval '2 hours' WHERE "
                      "referent_id = (SELECT id FROM uris WHERE rkey = 'lost')"));
  CHECK(eventually([&] { return event_counts() == numbers{20, 10, 3, 3}; }));
  CHECK(eventually([&] { return pending.ops[0]->Value() == 4; }));
  CHECK(pending.keys[0]->Value() == 1);
  CHECK(in_table() == 4);
  CHECK(running->stop());
  CHECK(event_counts() == numbers{20, 10, 3, 3});
}
