// The cursor of a connection, and oversized frames.

#include "tests/unit/net/support/client.hpp"
#include "tests/unit/net/support/relay.hpp"

#include <catch2/catch.hpp>

using namespace prism::net;
using namespace prism::net::test;
using std::chrono::milliseconds;

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
  CHECK(stable_value([&] { return live.count(); }, milliseconds{100}) == 0);
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
