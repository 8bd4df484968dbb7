// Credit, batches, cursors, oversized frames in the way, stopping.

#include "support/client.hpp"
#include "support/relay.hpp"

#include <catch2/catch.hpp>
#include <numeric>

using namespace prism::net;
using namespace prism::net::test;
using std::chrono::milliseconds;

TEST_CASE("without credit nothing is read and TCP holds the relay back") {
  // More than all socket buffers between the two can hold.
  constexpr std::size_t frame_count = 1000;
  constexpr std::size_t frame_padding = 64 * 1024;
  const auto frames = make_corpus(frame_count, frame_padding);
  const auto relay = start_relay(frames);
  client consumer(quick_options(relay->url()), {.credit = 10});
  REQUIRE(consumer.wait_for_count(10));
  const auto sent = settled([&] { return relay->stats().frames_sent; }, milliseconds{300});
  CHECK(sent < frame_count / 2);
  CHECK(consumer.count() == 10);
  const auto stalled = consumer.source->stats();
  CHECK(stalled.credit == 0);
  CHECK(stalled.stalls == 1);
  CHECK(stalled.stalled >= milliseconds{300});

  consumer.source->grant(15);
  REQUIRE(consumer.wait_for_count(25));
  CHECK(settled([&] { return consumer.count(); }, milliseconds{100}) == 25);

  consumer.source->grant(client::plenty);
  REQUIRE(consumer.wait_for_count(frame_count));
  CHECK(consumer.frames() == contents(frames));
  CHECK(consumer.source->stats().connects == 1);
}

TEST_CASE("a stop for lack of credit is not mistaken for a dead relay") {
  const auto relay = start_relay(make_corpus(1000, 64 * 1024));
  auto options = quick_options(relay->url());
  options.ping_interval = milliseconds{20};
  options.idle_timeout = milliseconds{1000};
  client consumer(options, {.credit = 1});
  REQUIRE(eventually([&] { return consumer.source->stats().stalled > 2 * options.idle_timeout; }));
  CHECK(consumer.source->stats().connects == 1);
  CHECK(consumer.source->stats().connected);
  consumer.source->grant(client::plenty);
  REQUIRE(consumer.wait_for_count(1000));
  CHECK(consumer.source->stats().connects == 1);
}

TEST_CASE("a relay that goes half-open while we do not read is found out when we do") {
  const auto relay = start_faulty_relay(make_corpus(100), {"half-open-at=50"});
  auto options = quick_options(relay->url());
  options.ping_interval = milliseconds{20};
  options.idle_timeout = milliseconds{200};
  client consumer(options, {.credit = 50});
  REQUIRE(eventually([&] { return consumer.source->stats().stalled > 2 * options.idle_timeout; }));
  CHECK(consumer.source->stats().ended(disconnect_reason::idle) == 0);
  consumer.source->grant(client::plenty);
  REQUIRE(consumer.wait_for_count(100));
  CHECK(consumer.source->stats().ended(disconnect_reason::idle) >= 1);
}

TEST_CASE("what is left of the credit outlives a reconnect") {
  const auto relay = start_faulty_relay(make_corpus(100), {"close-at=10"});
  client consumer(quick_options(relay->url()), {.credit = 30});
  REQUIRE(consumer.wait_for_count(30));
  CHECK(settled([&] { return consumer.count(); }, milliseconds{100}) == 30);
  CHECK(consumer.source->stats().connects == 2);
}

TEST_CASE("batches hold all that is there up to their caps") {
  const auto frames = make_corpus(2000);
  const auto relay = start_relay(frames);
  auto options = quick_options(relay->url());
  SECTION("of frames") {
    options.max_batch_frames = 16;
  }
  SECTION("of bytes") {
    options.max_batch_bytes = 16 * frames.front()->size();
  }
  client consumer(options);
  REQUIRE(consumer.wait_for_count(frames.size()));
  const auto batches = consumer.batches();
  CHECK(*std::max_element(batches.begin(), batches.end()) == 16);
  CHECK(std::accumulate(batches.begin(), batches.end(), std::size_t{0}) == frames.size());
  CHECK(consumer.source->stats().batches == batches.size());
  CHECK(consumer.frames() == contents(frames));
}

TEST_CASE("the cursor is asked for before every attempt and sent along") {
  const auto frames = make_corpus(20);
  const auto relay = start_faulty_relay(frames, {"close-at=15"});
  client consumer(quick_options(relay->url()), {.first_cursor = 4});
  REQUIRE(consumer.wait_for_count(16));
  CHECK(consumer.asked() == std::vector<std::optional<std::int64_t>>{4, 15});
  CHECK(consumer.frames() == contents({frames.begin() + 4, frames.end()}));
}

TEST_CASE("no cursor means the live end and cursor 0 means everything") {
  const auto relay = start_relay(make_corpus(20), {.from_start = false});
  client live(quick_options(relay->url()));
  client all(quick_options(relay->url()), {.first_cursor = 0});
  REQUIRE(all.wait_for_count(20));
  REQUIRE(eventually([&] { return live.source->stats().connected; }));
  CHECK(settled([&] { return live.count(); }, milliseconds{100}) == 0);
}

TEST_CASE("the source reports each state with its cursor") {
  const auto relay = start_faulty_relay(make_corpus(20), {"close-at=15"});
  client consumer(quick_options(relay->url()), {.first_cursor = 0});
  REQUIRE(consumer.wait_for_count(20));
  std::vector<std::pair<source_state, std::optional<std::int64_t>>> states;
  for (const auto& change : consumer.changes())
    states.emplace_back(change.state, change.cursor);
  using enum source_state;
  CHECK(states ==
        decltype(states){
            {connecting, 0}, {connected, 0}, {disconnected, 0}, {connecting, 15}, {connected, 15}});
}

TEST_CASE("a giant frame in the stream is reported with its head and can be skipped") {
  auto frames = make_corpus(10);
  frames[5] = make_frame(6, "did:plc:giant", std::size_t{6} << 20);
  const auto relay = start_relay(frames);
  client consumer(quick_options(relay->url()));
  REQUIRE(consumer.wait_for_count(9));
  frames.erase(frames.begin() + 5);
  CHECK(consumer.frames() == contents(frames));
  CHECK(consumer.reports() == std::vector<std::pair<std::uint32_t, std::int64_t>>{{3, 6}});
  CHECK(consumer.source->stats().oversized == 3);
}

TEST_CASE("a giant frame that is not skipped is reported at every further refusal") {
  auto frames = make_corpus(3);
  frames[1] = make_frame(2, "did:plc:giant", std::size_t{6} << 20);
  const auto relay = start_relay(frames);
  client consumer(quick_options(relay->url()), {.skip_oversized = false});
  REQUIRE(eventually([&] { return consumer.reports().size() >= 3; }));
  CHECK(consumer.reports()[2].first == 5);
  CHECK(consumer.count() == 1);
}

TEST_CASE("a frame of exactly the limit passes and one byte more does not") {
  const auto frames = make_corpus(1, 4000);
  const auto relay = start_relay(frames);
  auto options = quick_options(relay->url());
  SECTION("passes") {
    options.max_frame_bytes = frames[0]->size();
    client consumer(options);
    REQUIRE(consumer.wait_for_count(1));
    CHECK(consumer.source->stats().oversized == 0);
  }
  SECTION("does not") {
    options.max_frame_bytes = frames[0]->size() - 1;
    client consumer(options, {.skip_oversized = false});
    REQUIRE(eventually([&] { return consumer.source->stats().oversized > 0; }));
    CHECK(consumer.count() == 0);
  }
}

TEST_CASE("stopping closes with a handshake and ends the callbacks") {
  std::mutex mutex;
  std::vector<std::string> log;
  const auto relay = start_relay(make_corpus(5), {.log = [&](const std::string& line) {
                                   const std::lock_guard lock(mutex);
                                   log.push_back(line);
                                 }});
  client consumer(quick_options(relay->url()));
  REQUIRE(consumer.wait_for_count(5));
  consumer.source->stop();
  const auto changes = consumer.changes();
  CHECK(changes.back().state == source_state::disconnected);
  CHECK(changes.back().reason == disconnect_reason::stopped);
  CHECK_FALSE(changes.back().retry_in);
  CHECK(changes.back().text == "stopped; closed by both sides");
  REQUIRE(eventually([&] { return relay->stats().open == 0; }));
  CHECK(relay->stats().served == 1);
  const std::lock_guard lock(mutex);
  CHECK_THAT(log.back(), Catch::Contains("closed"));
  consumer.source->stop();
}

TEST_CASE("stopping does not wait for a relay that keeps silent") {
  const auto relay = start_faulty_relay(make_corpus(5), {"half-open-at=5"});
  auto options = quick_options(relay->url());
  options.close_timeout = milliseconds{100};
  client consumer(options);
  REQUIRE(consumer.wait_for_count(5));
  consumer.source->stop();
  CHECK_THAT(consumer.changes().back().text, Catch::Contains("did not answer"));
}

TEST_CASE("stopping works without credit, while connecting, and while waiting to reconnect") {
  SECTION("without credit") {
    const auto relay = start_relay(make_corpus(1000, 64 * 1024));
    client consumer(quick_options(relay->url()), {.credit = 1});
    REQUIRE(eventually([&] { return consumer.source->stats().stalls == 1; }));
    consumer.source->stop();
    CHECK(consumer.count() == 1);
    CHECK(consumer.source->stats().ended(disconnect_reason::stopped) == 1);
  }
  SECTION("while connecting") {
    const auto relay = start_faulty_relay({}, {"delay-accept=60000"});
    client consumer(quick_options(relay->url()));
    REQUIRE(eventually([&] { return relay->stats().faults_fired == 1; }));
    consumer.source->stop();
    CHECK(consumer.source->stats().ended(disconnect_reason::stopped) == 1);
  }
  SECTION("while waiting") {
    auto options = quick_options("ws://127.0.0.1:1");
    options.backoff.min = options.backoff.max = std::chrono::hours{1};
    client consumer(options);
    REQUIRE(consumer.wait_for_end(disconnect_reason::connect_failed));
    consumer.source->stop();
    CHECK(consumer.source->stats().ended(disconnect_reason::connect_failed) == 1);
  }
}

TEST_CASE("options outside their range are refused by name") {
  const auto start = [](auto change) {
    auto options = quick_options("ws://127.0.0.1:1");
    change(options);
    auto source = ws_source::start(options, {.on_frames = [](auto) {},
                                             .next_cursor = [] { return std::nullopt; },
                                             .on_state = {},
                                             .on_oversized = {},
                                             .on_bad_message = {}});
    return source ? std::string("accepted") : source.error().message;
  };
  using options = ws_source_options;
  CHECK_THAT(start([](options& o) { o.relay_url = "http://x"; }), Catch::Contains("http"));
  CHECK_THAT(start([](options& o) { o.backoff.min = milliseconds{0}; }),
             Catch::Contains("backoff min"));
  CHECK_THAT(start([](options& o) { o.connect_timeout = milliseconds{0}; }),
             Catch::Contains("connect_timeout is 0 ms"));
  CHECK_THAT(start([](options& o) { o.idle_timeout = o.ping_interval; }),
             Catch::Contains("ping_interval"));
  CHECK_THAT(start([](options& o) { o.idle_timeout = std::chrono::hours{2}; }),
             Catch::Contains("idle_timeout"));
  CHECK_THAT(start([](options& o) { o.close_timeout = milliseconds{-1}; }),
             Catch::Contains("close_timeout"));
  CHECK_THAT(start([](options& o) { o.max_frame_bytes = 10; }),
             Catch::Contains("max_frame_bytes is 10"));
  CHECK_THAT(start([](options& o) { o.max_batch_frames = 0; }),
             Catch::Contains("max_batch_frames"));
  CHECK_THAT(start([](options& o) { o.max_batch_bytes = 0; }), Catch::Contains("max_batch_bytes"));
  CHECK_THAT(start([](options& o) {
               o.relay_url = "wss://127.0.0.1:1";
               o.extra_ca_file = "/no/such/file.pem";
             }),
             Catch::Contains("/no/such/file.pem"));
  CHECK(start([](options&) {}) == "accepted");
}
