// Stopping a source, and rejected options.

#include "tests/unit/net/support/client.hpp"
#include "tests/unit/net/support/relay.hpp"

#include <catch2/catch.hpp>
#include <mutex>

using namespace prism::net;
using namespace prism::net::test;
using std::chrono::milliseconds;

TEST_CASE("stopping closes with a handshake and ends the callbacks") {
  std::mutex mutex;
  std::vector<std::string> log;
  const auto relay = start_relay(make_corpus(5), {.log = [&](const std::string& line) {
                                   const std::lock_guard lock(mutex);
                                   log.push_back(line);
                                 }});
  auto options = quick_options(relay->url());
  options.close_timeout = patience;
  client consumer(options);
  REQUIRE(consumer.wait_for_count(5));
  consumer.source->stop();
  const auto changes = consumer.changes();
  CHECK(changes.back().state == source_state::disconnected);
  CHECK(changes.back().reason == disconnect_reason::stopped);
  CHECK_FALSE(changes.back().retry_in);
  CHECK(changes.back().text == "stopped; closed by both sides");
  // The relay counts this last, after writing its log line.
  REQUIRE(eventually([&] { return relay->stats().served == 1; }));
  CHECK(relay->stats().open == 0);
  const std::lock_guard lock(mutex);
  CHECK_THAT(log.back(), Catch::Contains("closed"));
  consumer.source->stop();
}

TEST_CASE("stopping does not wait for a silent relay") {
  const auto relay = start_faulty_relay(make_corpus(5), {"half-open-at=5"});
  auto options = quick_options(relay->url());
  options.close_timeout = milliseconds{100};
  client consumer(options);
  REQUIRE(consumer.wait_for_count(5));
  // Before that it would still answer the close.
  REQUIRE(eventually([&] { return relay->stats().faults_fired == 1; }));
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
