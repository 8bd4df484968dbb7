#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/integration/running_node.hpp"

#include "tests/support/held_port.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// Data loss in whole nodes, whose relay and database are real and fail. The comment of each case
// says how the system that Prism replaces failed.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

constexpr int users = 300;

/// Many repos at one post, and at the end events that are no commits.
[[nodiscard]] const std::vector<frame_bytes>& frames() {
  static const auto all = [] {
    firehose_builder events;
    const auto root = events.post("alice", "root");
    for (int i = 0; i < users; ++i) {
      const auto who = fmt::format("user{}", i);
      events.like(who, "l1", root);
      events.remove(events.repost(who, "r1", root));
      events.reply(who, "p1", root, root);
    }
    for (int i = 0; i < 20; ++i)
      events.identity(fmt::format("user{}", i));
    events.account("user1", false, "takendown");
    return events.take();
  }();
  return all;
}

/// The tables of a database that are not as if nothing had happened.
[[nodiscard]] std::vector<std::string> disturbed(const std::string& database) {
  index_target target;
  target.apply(frames(), 100);
  return differing(target.fingerprints(), rows_of(database));
}

[[nodiscard]] std::unique_ptr<net::replay_server> relay(std::uint32_t rate = 0,
                                                        std::uint16_t port = 0) {
  net::replay_options options;
  options.rate = rate;
  options.listen.port = port;
  return net::replay_server::start(frames(), options).value();
}

[[nodiscard]] db::connection open(const std::string& conninfo) {
  return db::connection::open({.conninfo = conninfo}).value();
}

void run(db::connection& on, const std::string& sql) {
  if (const auto done = on.exec_script(sql); !done)
    FAIL(done.error().message);
}

} // namespace

TEST_CASE("while the database is down the cursor does not move, and nothing is lost") {
  // Errors of the database were swallowed, and their events acknowledged.
  const auto database = pg_fixture::fresh_database();
  const auto name = [&] {
    auto on = open(database);
    return value(on, "SELECT current_database()");
  }();
  auto admin = open(pg_fixture::admin_database());
  const auto server = relay(250); // lasts some seconds more than it takes to get there
  auto options = node_settings(server->url(), database);
  options.until_caught_up = 2s;
  const auto running = start_node(options);
  auto& metrics = running->context().metrics;
  const auto failed = [&] {
    const auto& errors = metrics.database().errors;
    return errors.of("transient").Value() + errors.of("fatal").Value();
  };
  REQUIRE(eventually([&] { return metrics.firehose().durable_seq->Value() >= 100; }));
  run(admin, fmt::format("ALTER DATABASE {} ALLOW_CONNECTIONS false", name));
  run(admin,
      fmt::format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
                  name));
  const auto last = static_cast<double>(frames().size());
  REQUIRE(eventually([&] { return metrics.firehose().last_seq->Value() == last; }));
  REQUIRE(eventually([&] { return failed() >= 1; }));
  // What was stored just before is shown a moment later: by now it is.
  const auto first = failed();
  REQUIRE(eventually([&] { return failed() >= first + 1; }));
  const auto durable = metrics.firehose().durable_seq->Value();
  CHECK(durable < last);
  const auto before = failed();
  REQUIRE(eventually([&] { return failed() >= before + 3; }));
  CHECK(metrics.firehose().durable_seq->Value() == durable);
  run(admin, fmt::format("ALTER DATABASE {} ALLOW_CONNECTIONS true", name));
  finish(*running);
  CHECK(disturbed(database) == std::vector<std::string>{});
}

TEST_CASE(
    "what PostgreSQL rejects for its content becomes a dead letter with its reason, and nothing "
    "else is lost") {
  // The dead letters could not be reached.
  const auto database = pg_fixture::fresh_database();
  auto on = open(database);
  REQUIRE(db::migrate(on));
  run(on, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.text = "
          "''poison'' THEN RAISE EXCEPTION ''no such posts''; END IF; RETURN NEW; END'; "
          "CREATE TRIGGER refuse BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION refuse()");
  firehose_builder events;
  const auto post = [](const std::string& text) {
    return block_of({{"$type", "app.bsky.feed.post"}, {"text", text}, {"createdAt", record_time}});
  };
  for (int i = 0; i < 50; ++i)
    events.commit(fmt::format("user{}", i),
                  {{"create", "app.bsky.feed.post/p1", post(i % 25 == 24 ? "poison" : "good")},
                   {"create", "app.bsky.feed.post/p2", post("good, too")}});
  const auto frames = events.take();
  const auto server = net::replay_server::start(frames, {}).value();
  const auto running = start_node(node_settings(server->url(), database));
  finish(*running);
  CHECK(value(on, "SELECT count(*) FROM posts WHERE text = 'good'") == "48");
  CHECK(value(on, "SELECT count(*) FROM posts WHERE text = 'good, too'") == "50");
  CHECK(value(on, "SELECT string_agg(concat_ws(' ', seq, did, path, sqlstate, reason LIKE '%no "
                  "such posts%'), ', ' ORDER BY seq) FROM dead_letters") ==
        "25 did:plc:user24 app.bsky.feed.post/p1 P0001 t, 50 did:plc:user49 "
        "app.bsky.feed.post/p1 P0001 t");
  CHECK(running->context().metrics.batches().dead_letters->Value() == 2);
  CHECK(value(on, "SELECT min(seq) FROM firehose_cursor") == "50");
  CHECK(on.exec("SELECT bytes FROM dead_letters WHERE seq = 25")->get_bytea(0, 0).size() ==
        frames[24]->size());
}

TEST_CASE("a user that PostgreSQL rejects blocks no other: the frames that name it become dead "
          "letters") {
  const auto database = pg_fixture::fresh_database();
  auto on = open(database);
  REQUIRE(db::migrate(on));
  run(on, "ALTER TABLE users ADD CHECK (did <> 'did:plc:bad')");
  firehose_builder events;
  for (int i = 0; i < 60; ++i) {
    const auto who = fmt::format("user{}", i);
    events.follow(who, "f1", i == 20 || i == 40 ? "bad" : "user0");
    events.follow(who, "f2", fmt::format("user{}", i + 1));
  }
  events.post("bad", "p1");
  const auto server = net::replay_server::start(events.take(), {}).value();
  const auto running = start_node(node_settings(server->url(), database));
  finish(*running);
  CHECK(value(on, "SELECT count(*) FROM follows") == "118");
  CHECK(value(on, "SELECT string_agg(concat_ws(' ', seq, did, sqlstate), ', ' ORDER BY seq) FROM "
                  "dead_letters") == "41 did:plc:user20 23514, 81 did:plc:user40 23514, 121 "
                                     "did:plc:bad 23514");
  CHECK(running->context().metrics.batches().dead_letters->Value() == 3);
}

TEST_CASE(
    "a restart continues exactly after what is committed, and events without records move the "
    "cursor too") {
  // The cursor was saved before the work was done, not at all for some events, and replays counted
  // again.
  const auto database = pg_fixture::fresh_database();
  const auto server = relay(300); // lasts some seconds more than it takes to stop amid it
  auto options = node_settings(server->url(), database);
  auto on = open(database);
  const std::string lowest = "SELECT min(seq) FROM firehose_cursor";
  {
    const auto first = start_node(options);
    auto& metrics = first->context().metrics;
    REQUIRE(eventually([&] { return metrics.firehose().durable_seq->Value() >= 100; }));
    CHECK(first->stop());
  }
  const auto stored = std::stoull(value(on, lowest));
  REQUIRE(stored >= 100);
  REQUIRE(stored < frames().size());
  REQUIRE(eventually([&] { return server->stats().open == 0; })); // and counts no more
  const auto sent = server->stats().frames_sent;
  const auto second = start_node(options);
  finish(*second);
  CHECK(server->stats().frames_sent - sent == frames().size() - stored);
  CHECK(value(on, lowest) == std::to_string(frames().size()));
  CHECK(disturbed(database) == std::vector<std::string>{});
}

TEST_CASE(
    "a relay that is down at first is connected to when it is up, and again after it was down") {
  // The first failed attempt was the last one, and a clean close went unnoticed.
  const auto database = pg_fixture::fresh_database();
  const held_port port;
  auto options = node_settings(port.relay_url(), database);
  options.until_caught_up = 0ms;
  const auto running = start_node(options);
  auto& metrics = running->context().metrics.firehose();
  REQUIRE(eventually([&] { return metrics.disconnects.of("connect_failed").Value() >= 3; }));
  for (double times = 1; times <= 2; ++times) {
    auto server = relay(0, port.number());
    REQUIRE(eventually([&] { return metrics.connects->Value() == times; }));
    REQUIRE(eventually(
        [&] { return metrics.durable_seq->Value() == static_cast<double>(frames().size()); }));
    server.reset();
    REQUIRE(eventually([&] { return metrics.connected->Value() == 0; }));
  }
  CHECK(running->stop());
  CHECK(disturbed(database) == std::vector<std::string>{});
}

TEST_CASE("when nothing can be written the stream is not read further, and nothing is dropped") {
  // Queues were trimmed, or grew without bound.
  const auto database = pg_fixture::fresh_database();
  auto on = open(database);
  REQUIRE(db::migrate(on));
  run(on, "BEGIN; LOCK TABLE posts, likes IN ACCESS EXCLUSIVE MODE");
  const auto server = relay();
  auto options = node_settings(server->url(), database);
  constexpr double window = 40;
  options.firehose_window_frames = 40;
  options.until_caught_up = 3s;
  const auto running = start_node(options);
  auto& metrics = running->context().metrics.firehose();
  REQUIRE(eventually([&] { return metrics.window_frames->Value() == window; }));
  REQUIRE(eventually([&] { return metrics.stalled_seconds->Value() > 0.5; }));
  CHECK(metrics.frames.of("commit").Value() == window);
  CHECK(metrics.last_seq->Value() == window);
  CHECK(metrics.durable_seq->Value() == 0);
  run(on, "COMMIT");
  finish(*running);
  CHECK(metrics.window_frames->Value() == 0);
  CHECK(disturbed(database) == std::vector<std::string>{});
}
