// The live firehose: on demand, with bounded memory and correct totals.

#include "tools/prism-synth/live_source.hpp"

#include "atproto/frame/frame.hpp"
#include "tools/prism-synth/totals.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

using namespace prism;

namespace {

constexpr std::size_t frames_wanted = 6000;

[[nodiscard]] synth::options small_stream() {
  synth::options out;
  out.accounts = 20;
  out.remember = 200;
  out.stream.rate = 1000;
  out.stream.minutes = frames_wanted / 60.0 / 1000;
  out.stream.window = 50;
  return out;
}

/// A stream and its state.
struct streaming {
  synth::model expected;
  synth::live_source source{small_stream(), expected};

  [[nodiscard]] std::size_t made() { return source.enter(std::nullopt, false).index; }

  /// Reads up to the frame at `index`.
  void read_to(std::size_t index) {
    for (auto i = made(); i <= index; ++i)
      REQUIRE(source.at(i).frame);
  }
};

} // namespace

TEST_CASE("a live firehose generates the requested frames and few more") {
  streaming live;
  CHECK(live.made() == 0);
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto next = live.source.at(i);
    REQUIRE(next.frame);
    const auto head = atproto::peek_frame(*next.frame);
    REQUIRE(head);
    REQUIRE(head->seq == static_cast<std::int64_t>(i + 1));
    REQUIRE(live.made() < i + 60); // the first accounts come all at once
  }
  CHECK(*live.source.due(1000) - *live.source.due(0) == std::chrono::seconds{1});
}

TEST_CASE("a live firehose honours cursors within its window") {
  streaming live;
  live.read_to(500);
  const auto next = live.made();
  CHECK(live.source.enter(490, true).index == 490);
  CHECK_FALSE(live.source.enter(490, true).outdated);
  CHECK(live.source.at(490).frame);
  CHECK(live.source.enter(static_cast<std::int64_t>(next), true).index == next);
  CHECK(live.source.enter(static_cast<std::int64_t>(next) + 1, true).future);

  const auto late = live.source.enter(10, true);
  CHECK(late.outdated);
  CHECK(late.index > 400);
  CHECK(live.source.at(late.index).frame);
  CHECK(live.source.at(late.index - 1).forgotten);
  CHECK_FALSE(live.source.enter(0, true).outdated);
  CHECK(live.source.enter(std::nullopt, true).index == late.index);
}

TEST_CASE("a live firehose ends, and its totals equal what it emitted") {
  streaming live;
  std::size_t index = 0;
  while (live.source.at(index).frame)
    ++index;
  CHECK(index >= frames_wanted);
  CHECK(index < frames_wanted + 60);
  const auto made = live.source.wait();
  REQUIRE(made);
  CHECK(made->frames == index);
  const auto told = boost::json::parse(synth::totals_of(live.expected, *made)).as_object();
  CHECK(told.at("frames").to_number<std::size_t>() == index);
  const auto& totals = told.at("totals").as_object();
  CHECK(totals.at("post").to_number<int>() > 0);
  CHECK(totals.at("like").to_number<int>() > 0);
  // The limit, a tenth for permanent records, profiles, and one commit of several.
  CHECK(totals.at("record").to_number<std::size_t>() < 200 + 20 + 20 * 2 + 10);
  CHECK(totals.at("record").to_number<std::size_t>() > 150);
}

TEST_CASE("giving up a live firehose ends the wait for it") {
  streaming live;
  live.read_to(10);
  live.source.give_up();
  CHECK_FALSE(live.source.wait());
}
