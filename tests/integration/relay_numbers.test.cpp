#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/integration/running_node.hpp"

#include "atproto/frame/frame.hpp"
#include "db/schema/migrator.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <mutex>

// Relays whose numbers are out of order or begin anew, in front of whole nodes. Each event is a
// post of its own, so what is missing shows in their number.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

using numbers = std::vector<std::int64_t>;

/// What the relay has to send; a test may add to it at any time.
class script {
public:
  void add(std::vector<frame_bytes> frames) {
    const std::scoped_lock lock(mutex_);
    for (auto& each : frames)
      frames_.push_back(std::move(each));
  }
  /// Forgets what was there; clients are not asked for a cursor that fits.
  void begin_anew(std::vector<frame_bytes> frames) {
    const std::scoped_lock lock(mutex_);
    frames_ = std::move(frames);
    ignores_cursors_ = true;
  }
  /// The frames above a cursor, in the relay's order.
  [[nodiscard]] std::vector<frame_bytes> above(std::int64_t cursor) const {
    const std::scoped_lock lock(mutex_);
    std::vector<frame_bytes> out;
    for (const auto& each : frames_)
      if (ignores_cursors_ || atproto::peek_frame(*each)->seq > cursor)
        out.push_back(each);
    return out;
  }

private:
  mutable std::mutex mutex_;
  std::vector<frame_bytes> frames_;
  bool ignores_cursors_{false};
};

/// Serves a script to one client after the other, without any check.
class odd_source final : public net::frame_source {
public:
  explicit odd_source(std::shared_ptr<const script> of) : script_(std::move(of)) {}

  [[nodiscard]] entry enter(std::optional<std::int64_t> cursor, bool /*from_start*/) override {
    cursor_ = cursor.value_or(0);
    return {};
  }
  [[nodiscard]] found at(std::size_t index) override {
    const auto frames = script_->above(cursor_);
    return index < frames.size() ? found{frames[index]} : found{};
  }

private:
  std::shared_ptr<const script> script_;
  std::int64_t cursor_{0};
};

/// A relay, its script, and the database of the nodes that follow it.
struct odd_relay {
  std::shared_ptr<script> sends = std::make_shared<script>();
  std::unique_ptr<net::replay_server> server =
      net::replay_server::serve(std::make_unique<odd_source>(sends), {}).value();
  std::string database = pg_fixture::fresh_database();
  firehose_builder events;

  /// One post each, by four repos in turn.
  void post(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      events.post(fmt::format("user{}", i % 4), fmt::format("p{}", events.size()));
  }
  [[nodiscard]] config::options settings() const { return node_settings(server->url(), database); }
  [[nodiscard]] std::string ask(const std::string& sql) const {
    auto on = db::connection::open({.conninfo = database}).value();
    return value(on, sql);
  }
  [[nodiscard]] std::string posts() const { return ask("SELECT count(*) FROM posts"); }
  [[nodiscard]] std::string highest_cursor() const {
    return ask("SELECT max(seq) FROM firehose_cursor");
  }
};

void send(odd_relay& relay, const numbers& seqs) {
  relay.post(seqs.size());
  relay.sends->add(relay.events.numbered(seqs));
}

} // namespace

TEST_CASE("strays far ahead are indexed with all that follows, and no cursor moves to them") {
  const std::size_t shards = GENERATE(1, 4);
  const auto seqs =
      GENERATE(numbers{1, 2, 3, 5'000'000, 4, 5, 6, 7, 8},                 // one
               numbers{5'000'000, 1, 2, 3, 4, 5, 6, 7, 8},                 // at the beginning
               numbers{1, 2, 3, 5'000'000, 5'000'001, 9'000'000, 4, 5, 6}, // in a row
               numbers{1, 9'000, 2, 8'000, 3, 7'000, 4, 6'000, 5, 6, 7},   // again and again
               numbers{1, 2, 4, 3, 5, 500, 6, 7, 8}); // late, and less far ahead
  odd_relay relay;
  send(relay, seqs);
  auto options = relay.settings();
  options.shards = shards;
  const auto running = start_node(options);
  finish(*running);
  CHECK(relay.posts() == std::to_string(seqs.size()));
  CHECK(std::stoll(relay.highest_cursor()) <= 500);
  // Those that come again change nothing.
  const auto second = start_node(options);
  finish(*second);
  CHECK(relay.posts() == std::to_string(seqs.size()));
  CHECK(std::stoll(relay.highest_cursor()) <= 500);
}

TEST_CASE("a stray on an idle stream is indexed, and the stream goes on below it") {
  odd_relay relay;
  send(relay, {1, 2, 3, 5'000'000});
  auto options = relay.settings();
  const auto running = start_node(options);
  finish(*running);
  CHECK(relay.posts() == "4");
  CHECK(relay.highest_cursor() == "3");
  firehose_builder rest; // of other repos
  for (int i = 0; i < 2; ++i)
    rest.post("other", fmt::format("q{}", i));
  relay.sends->add(rest.numbered({4, 5}));
  const auto second = start_node(options);
  finish(*second);
  CHECK(relay.posts() == "6");
  CHECK(relay.highest_cursor() == "5");
}

TEST_CASE("a stray is not lost when its shard or the firehose is started again before its commit") {
  odd_relay relay;
  send(relay, {1, 2, 3, 5'000'000, 4, 5, 9'000'000, 6, 7, 8, 7'000'000});
  auto on = db::connection::open({.conninfo = relay.database}).value();
  REQUIRE(db::migrate(on));
  REQUIRE(on.exec_script("BEGIN; LOCK TABLE posts IN ACCESS EXCLUSIVE MODE"));
  auto options = relay.settings();
  options.until_caught_up = 3s;
  const auto running = start_node(options);
  auto& context = running->context();
  // Or more: the strays come again as long as the cursor stays before them.
  REQUIRE(eventually([&] { return context.metrics.firehose().window_frames->Value() >= 11; }));
  const auto kill = [&](const std::string& name) {
    const auto actor = context.actors.find(name);
    caf::anon_send_exit(caf::actor_cast<caf::actor>(actor), caf::exit_reason::kill);
    CHECK(eventually([&] {
      const auto next = context.actors.find(name);
      return next && next != actor;
    }));
  };
  for (std::size_t shard = 0; shard < options.shards; ++shard)
    kill(names::shard(shard));
  SECTION("the shards alone") {}
  SECTION("the firehose as well") {
    kill(names::firehose);
  }
  REQUIRE(on.exec_script("COMMIT"));
  finish(*running);
  CHECK(relay.posts() == "11");
  CHECK(relay.highest_cursor() == "8");
}

// As it is when the session of a shard that was killed commits after the next one has read the
// cursor.
TEST_CASE("a restarted firehose and the shards agree, though the cursors moved unseen") {
  odd_relay relay;
  send(relay, {1, 2, 3, 4});
  auto options = relay.settings();
  options.until_caught_up = 0ms;
  const auto running = start_node(options);
  auto& context = running->context();
  REQUIRE(eventually([&] { return relay.ask("SELECT min(seq) FROM firehose_cursor") == "4"; }));
  REQUIRE(db::connection::open({.conninfo = relay.database})
              .value()
              .exec_script("UPDATE firehose_cursor SET seq = 6"));
  const auto firehose = context.actors.find(names::firehose);
  caf::anon_send_exit(caf::actor_cast<caf::actor>(firehose), caf::exit_reason::kill);
  REQUIRE(eventually([&] { return context.actors.find(names::firehose) != firehose; }));
  firehose_builder rest; // of other repos
  for (int i = 0; i < 4; ++i)
    rest.post("other", fmt::format("q{}", i));
  relay.sends->add(rest.numbered({5, 6, 7, 8}));
  CHECK(eventually([&] { return relay.ask("SELECT min(seq) FROM firehose_cursor") == "8"; }));
  CHECK(relay.posts() == "6"); // 5 and 6 count as committed
  CHECK(context.metrics.actor("firehose").restarts->Value() == 1);
  CHECK(running->stop());
}

TEST_CASE("a real leap is followed once it is confirmed") {
  odd_relay relay;
  numbers seqs{1, 2, 3};
  for (std::int64_t seq = 5'000'000; seq < 5'000'020; ++seq)
    seqs.push_back(seq);
  send(relay, seqs);
  const auto running = start_node(relay.settings());
  finish(*running);
  CHECK(relay.posts() == "23");
  CHECK(relay.highest_cursor() == "5000019");
}

TEST_CASE("numbers that begin anew make the node unready, and a new stream takes all of them") {
  odd_relay relay;
  numbers seqs;
  for (std::int64_t seq = 1; seq <= 100; ++seq)
    seqs.push_back(seq);
  send(relay, seqs);
  auto options = relay.settings();
  {
    const auto running = start_node(options);
    finish(*running);
  }
  REQUIRE(relay.posts() == "100");
  const auto place = [&] { return relay.ask("SELECT max(place) FROM posts"); };
  const auto last_place = std::stoll(place());
  // 80 other events, all below the cursor: more than are taken out of order.
  relay.events.post("again", "first");
  for (int i = 0; i < 79; ++i)
    relay.events.post(fmt::format("new{}", i % 3), fmt::format("n{}", i));
  auto all = relay.events.numbered([&] {
    numbers out(100, 1'000);
    for (std::int64_t seq = 1; seq <= 80; ++seq)
      out.push_back(seq);
    return out;
  }());
  all.erase(all.begin(), all.begin() + 100);
  relay.sends->begin_anew(all);
  options.until_caught_up = 0ms;
  {
    const auto running = start_node(options);
    auto& context = running->context();
    // The metric comes first.
    REQUIRE(eventually([&] { return context.status.facts().problems.contains("firehose"); }));
    CHECK_THAT(context.status.facts().problems.at("firehose"),
               Catch::Contains("the numbers of the relay went back"));
    CHECK(context.metrics.firehose().went_back->Value() == 1);
    CHECK(context.metrics.firehose().out_of_order.of("refused").Value() >= 30);
    CHECK(running->stop());
  }
  CHECK(relay.highest_cursor() == "100");
  for (int times = 0; times < 2; ++times) // twice does no harm
    REQUIRE(node::begin_new_stream(options, [] { return false; }));
  options.until_caught_up = 1500ms;
  const auto running = start_node(options);
  finish(*running);
  CHECK(relay.posts() == "180");
  CHECK(relay.highest_cursor() == "80");
  CHECK(relay.ask(fmt::format("SELECT count(*) FROM posts WHERE place > {}", last_place)) == "80");
  CHECK(running->context().status.facts().problems.empty());
}

TEST_CASE("a relay that refuses the cursor makes the node unready") {
  firehose_builder events;
  events.post("alice", "p1");
  const auto relay = net::replay_server::start(events.take(), {}).value();
  auto options = node_settings(relay->url(), pg_fixture::fresh_database());
  options.start_cursor = 1'000;
  options.until_caught_up = 0ms;
  const auto running = start_node(options);
  auto& context = running->context();
  REQUIRE(eventually([&] { return context.status.facts().problems.contains("firehose"); }));
  CHECK_THAT(context.status.facts().problems.at("firehose"),
             Catch::Contains("FutureCursor to our cursor 1000"));
  CHECK(context.metrics.firehose().went_back->Value() == 1);
  CHECK(running->stop());
}

TEST_CASE("who writes a stream is told to begin again when that begins anew") {
  odd_relay relay;
  send(relay, {1, 2, 3});
  auto options = relay.settings();
  options.until_caught_up = 0ms;
  const auto running = start_node(options);
  REQUIRE(eventually([&] { return relay.posts() == "3"; }));
  REQUIRE(node::begin_new_stream(options, [] { return false; }));
  CHECK(relay.ask("SELECT count(*) FROM firehose_cursor") == "0");
  firehose_builder more;
  more.post("other", "q");
  relay.sends->add(more.numbered({4}));
  const auto port = relay.server->port();
  relay.server.reset();
  net::replay_options same_port;
  same_port.listen.port = port;
  relay.server =
      net::replay_server::serve(std::make_unique<odd_source>(relay.sends), same_port).value();
  REQUIRE(eventually([&] { return running->context().status.take_begin_again().has_value(); }));
  REQUIRE(running->begin_again("the stream began anew", [] { return false; }));
  REQUIRE(eventually([&] { return relay.posts() == "4"; }));
  CHECK(running->stop());
}
