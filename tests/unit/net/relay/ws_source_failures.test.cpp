// Each kind of stream failure; none may lose or duplicate a frame.

#include "tests/support/held_port.hpp"
#include "tests/unit/net/support/client.hpp"
#include "tests/unit/net/support/relay.hpp"

#include <catch2/catch.hpp>

using namespace prism::net;
using namespace prism::net::test;
using std::chrono::milliseconds;

namespace {

// One fault within 100 frames, and the expected result.
struct outcome {
  std::vector<bytes> events;
  std::vector<bytes> expected;
  std::size_t others{0}; // binary messages that are no events
  ws_source_stats stats;
  std::string text;
};

outcome survive(
    std::string_view fault, disconnect_reason reason,
    const std::function<void(ws_source_options&)>& tune = [](auto&) {}) {
  const auto frames = make_corpus(100);
  const auto relay = start_faulty_relay(frames, {fault});
  auto options = quick_options(relay->url());
  tune(options);
  client consumer(options);
  REQUIRE(consumer.wait_for_events(frames.size()));
  CHECK(relay->stats().faults_fired == 1);
  outcome result{.events = consumer.events(),
                 .expected = contents(frames),
                 .others = consumer.count() - frames.size(),
                 .stats = consumer.source->stats(),
                 .text = consumer.text_of(reason)};
  CHECK(result.events == result.expected);
  return result;
}

} // namespace

TEST_CASE("a relay that is absent at start is found when it appears") {
  const prism::test::held_port port;
  client consumer(quick_options(port.relay_url()));
  REQUIRE(consumer.wait_for_end(disconnect_reason::connect_failed, 3));
  CHECK(consumer.source->stats().connects == 0);

  const auto frames = make_corpus(20);
  const auto relay =
      start_relay(frames, {.listen = {.address = "127.0.0.1", .port = port.number()}});
  REQUIRE(consumer.wait_for_count(20));
  CHECK(consumer.frames() == contents(frames));
}

TEST_CASE("waits between attempts grow and stay within the backoff") {
  const prism::test::held_port port;
  auto options = quick_options(port.relay_url());
  options.backoff.jitter = 0.0;
  client consumer(options);
  REQUIRE(consumer.wait_for_end(disconnect_reason::connect_failed, 6));
  std::vector<std::int64_t> waits;
  for (const auto& change : consumer.changes())
    if (change.retry_in)
      waits.push_back(change.retry_in->count());
  waits.resize(6);
  CHECK(waits == std::vector<std::int64_t>{5, 10, 20, 40, 40, 40});
}

TEST_CASE("a clean close is followed by a reconnect from the cursor") {
  const auto result = survive("close-at=50", disconnect_reason::closed);
  CHECK(result.stats.connects == 2);
  CHECK(result.stats.ended(disconnect_reason::closed) == 1);
  CHECK_THAT(result.text, Catch::Contains("1001"));
}

TEST_CASE("a reset is followed by a reconnect from the cursor") {
  const auto result = survive("reset-at=50", disconnect_reason::reset);
  // Counts attempts, since a reset may also discard the response to the upgrade.
  CHECK(result.stats.attempts == 2);
  CHECK(result.stats.ended(disconnect_reason::reset) == 1);
}

TEST_CASE("a half-open connection is cut when no pong comes") {
  const auto result =
      survive("half-open-at=50", disconnect_reason::idle, [](ws_source_options& options) {
        options.ping_interval = milliseconds{50};
        options.idle_timeout = milliseconds{300};
      });
  // At least: if the machine stalls, the next connection may look dead too.
  CHECK(result.stats.connects >= 2);
  CHECK(result.stats.ended(disconnect_reason::idle) >= 1);
  CHECK_THAT(result.text, Catch::Contains("300 ms"));
}

TEST_CASE("a quiet stream whose pongs come is not dropped") {
  const auto relay = start_relay(make_corpus(5));
  auto options = quick_options(relay->url());
  options.ping_interval = milliseconds{20};
  options.idle_timeout = milliseconds{1500};
  client consumer(options);
  REQUIRE(consumer.wait_for_count(5));
  // Waits for two idle timeouts.
  const auto end = std::chrono::steady_clock::now() + 2 * options.idle_timeout;
  CHECK(eventually([&] { return std::chrono::steady_clock::now() >= end; }));
  const auto stats = consumer.source->stats();
  CHECK(stats.connects == 1);
  CHECK(stats.connected);
}

TEST_CASE("random bytes are delivered as a frame for the upper layer to check") {
  const auto result = survive("garbage-at=50", disconnect_reason::closed);
  CHECK(result.others == 1);
  CHECK(result.stats.connects == 1);
}

TEST_CASE("a truncated frame does not hide the frame itself") {
  const auto result = survive("truncated-at=50", disconnect_reason::closed);
  CHECK(result.others == 1);
  CHECK(result.stats.connects == 1);
}

TEST_CASE("a text message is counted and skipped") {
  const auto result = survive("text-at=50", disconnect_reason::closed);
  CHECK(result.others == 0);
  CHECK(result.stats.bad_messages == 1);
  CHECK(result.stats.connects == 1);
}

TEST_CASE("an oversized message is refused and the stream goes on after a reconnect") {
  const auto result = survive("oversized-at=50", disconnect_reason::oversized);
  CHECK(result.others == 0);
  CHECK(result.stats.oversized == 1);
  CHECK(result.stats.connects == 2);
  CHECK_THAT(result.text, Catch::Contains("5242880 bytes"));
}

TEST_CASE("an error frame is delivered before the relay's close") {
  const auto result = survive("error-at=50:ConsumerTooSlow", disconnect_reason::closed);
  CHECK(result.others == 1);
  CHECK(result.stats.connects == 2);
}

TEST_CASE("a handshake that takes too long is abandoned") {
  const auto result =
      survive("delay-accept=60000", disconnect_reason::connect_timeout,
              [](ws_source_options& options) { options.connect_timeout = milliseconds{1000}; });
  CHECK(result.stats.connects == 1);
  // At least: if the machine stalls, the next attempt may hit the limit too.
  CHECK(result.stats.ended(disconnect_reason::connect_timeout) >= 1);
  CHECK_THAT(result.text, Catch::Contains("1000 ms"));
}

TEST_CASE("a host that does not exist ends the attempt with a reason and no exception") {
  client consumer(quick_options("ws://no-such-host.invalid"));
  REQUIRE(consumer.wait_for_end(disconnect_reason::resolve_failed, 2));
  CHECK_THAT(consumer.text_of(disconnect_reason::resolve_failed),
             Catch::Contains("no-such-host.invalid"));
}

TEST_CASE("an unknown path of the relay ends the connection with its HTTP status") {
  const auto relay = start_relay({});
  client consumer(quick_options(relay->url() + "/other"));
  REQUIRE(consumer.wait_for_end(disconnect_reason::upgrade_refused, 2));
  const auto text = consumer.text_of(disconnect_reason::upgrade_refused);
  CHECK_THAT(text, Catch::Contains("404"));
  CHECK_THAT(text, Catch::Contains("subscribeRepos"));
}

TEST_CASE("many faults in a row neither lose nor duplicate a frame") {
  auto frames = read_corpus(sample_base() + ".frames.zst");
  REQUIRE(frames);
  const auto relay = start_faulty_relay(
      *frames, {"close-at=1", "reset-at=2", "reset-at=3", "garbage-at=500", "reset-at=1000",
                "oversized-at=1500", "text-at=1600", "truncated-at=2000", "close-at=2500",
                "error-at=3000:ConsumerTooSlow", "reset-at=4120", "close-at=4121"});
  client consumer(quick_options(relay->url()));
  REQUIRE(consumer.wait_for_events(frames->size()));
  REQUIRE(eventually([&] { return relay->faults_left().empty(); }));
  CHECK(consumer.events() == contents(*frames));
}
