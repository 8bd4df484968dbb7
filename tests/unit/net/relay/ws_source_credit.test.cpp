// Credit and batches.

#include "tests/unit/net/support/client.hpp"
#include "tests/unit/net/support/relay.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

using namespace prism::net;
using namespace prism::net::test;
using std::chrono::milliseconds;

TEST_CASE("without credit nothing is read and TCP backpressure stops the relay") {
  // More than all socket buffers between the two can hold.
  constexpr std::size_t frame_count = 1000;
  constexpr std::size_t frame_padding = 64 * 1024;
  const auto frames = make_corpus(frame_count, frame_padding);
  const auto relay = start_relay(frames);
  client consumer(quick_options(relay->url()), {.credit = 10});
  REQUIRE(consumer.wait_for_count(10));
  const auto sent = stable_value([&] { return relay->stats().frames_sent; }, milliseconds{300});
  CHECK(sent < frame_count / 2);
  CHECK(consumer.count() == 10);
  const auto stalled = consumer.source->stats();
  CHECK(stalled.credit == 0);
  CHECK(stalled.stalls == 1);
  CHECK(stalled.stalled >= milliseconds{300});

  consumer.source->grant(15);
  REQUIRE(consumer.wait_for_count(25));
  CHECK(stable_value([&] { return consumer.count(); }, milliseconds{100}) == 25);

  consumer.source->grant(client::plenty);
  REQUIRE(consumer.wait_for_count(frame_count));
  CHECK(consumer.frames() == contents(frames));
  CHECK(consumer.source->stats().connects == 1);
}

TEST_CASE("a stall for lack of credit is not taken for a dead relay") {
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

TEST_CASE("a relay that goes half-open while we do not read is detected when we read again") {
  const auto relay = start_faulty_relay(make_corpus(100), {"half-open-at=50"});
  auto options = quick_options(relay->url());
  options.ping_interval = milliseconds{20};
  options.idle_timeout = milliseconds{1000};
  client consumer(options, {.credit = 50});
  REQUIRE(consumer.wait_for_count(50));
  // Not always 0: if the machine stalled while reading, the relay may have looked dead.
  const auto before = consumer.source->stats().ended(disconnect_reason::idle);
  REQUIRE(eventually([&] { return consumer.source->stats().stalled > 2 * options.idle_timeout; }));
  CHECK(consumer.source->stats().ended(disconnect_reason::idle) == before);
  consumer.source->grant(client::plenty);
  REQUIRE(consumer.wait_for_count(100));
  CHECK(consumer.source->stats().ended(disconnect_reason::idle) > before);
}

TEST_CASE("remaining credit survives a reconnect") {
  const auto relay = start_faulty_relay(make_corpus(100), {"close-at=10"});
  client consumer(quick_options(relay->url()), {.credit = 30});
  REQUIRE(consumer.wait_for_count(30));
  CHECK(stable_value([&] { return consumer.count(); }, milliseconds{100}) == 30);
  CHECK(consumer.source->stats().connects == 2);
}

TEST_CASE("batches contain all frames that have arrived, up to their limits") {
  const auto frames = make_corpus(2000);
  const auto relay = start_relay(frames);
  auto options = quick_options(relay->url());
  SECTION("of frames") {
    options.max_batch_frames = 16;
  }
  SECTION("of bytes") {
    options.max_batch_bytes = 16 * frames.front()->size();
  }
  client consumer(options, {.credit = 1});
  REQUIRE(consumer.wait_for_count(1));
  // Otherwise that many frames may never be available at once.
  static_cast<void>(stable_value([&] { return relay->stats().frames_sent; }, milliseconds{200}));
  consumer.source->grant(client::plenty);
  REQUIRE(consumer.wait_for_count(frames.size()));
  const auto batches = consumer.batches();
  CHECK(*std::max_element(batches.begin(), batches.end()) == 16);
  CHECK(std::accumulate(batches.begin(), batches.end(), std::size_t{0}) == frames.size());
  CHECK(consumer.source->stats().batches == batches.size());
  CHECK(consumer.frames() == contents(frames));
}
