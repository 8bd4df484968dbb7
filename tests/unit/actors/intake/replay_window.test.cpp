#include "actors/intake/replay_window.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>

using namespace prism;
using namespace std::chrono_literals;

namespace {

constexpr time_point begin{1h};
constexpr std::size_t frame_size = 10;

[[nodiscard]] source_frames::item frame(std::int64_t seq, std::size_t shard) {
  source_frames::item out;
  out.frame.seq = seq;
  out.frame.data = std::make_shared<const std::vector<std::byte>>(frame_size);
  out.shard = shard;
  out.for_a_shard = true;
  return out;
}

/// A frame that the intake has classified.
[[nodiscard]] source_frames::item classified(arrival_order order, std::int64_t seq,
                                             std::size_t shard) {
  auto out = frame(seq, shard);
  out.order = order;
  return out;
}

/// A frame without shard; seq -1: a bad frame or a notice.
[[nodiscard]] source_frames::item no_shard(std::int64_t seq) {
  source_frames::item out;
  out.frame.seq = seq;
  return out;
}

[[nodiscard]] source_frames batch(std::initializer_list<source_frames::item> items) {
  return {std::make_shared<const std::vector<source_frames::item>>(items)};
}

/// Two shards that committed 5 and 7 and accept three frames each; ten frames in the window.
struct window_of_two {
  std::vector<std::size_t> receive(std::initializer_list<source_frames::item> items,
                                   time_point now = begin) {
    auto received = window.receive(batch(items), now);
    REQUIRE(received);
    return *received;
  }
  void announce(std::size_t shard, std::uint64_t incarnation, std::int64_t durable) {
    REQUIRE(window.announce({shard, incarnation, durable}, begin));
  }
  /// The seqs of what is sent to `shard` now.
  std::vector<std::int64_t> take(std::size_t shard, time_point now = begin) {
    std::vector<std::int64_t> out;
    if (const auto sent = window.take(shard, now))
      for (const auto& each : *sent->frames)
        out.push_back(each.seq);
    return out;
  }
  replay_window window{
      {5, 7}, 3, {.frames = 10, .bytes = 1'000, .frame_bytes = 100, .ahead = 8}, begin};
};

using seqs = std::vector<std::int64_t>;
using shards = std::vector<std::size_t>;

} // namespace

TEST_CASE("frames wait in the lane of their shard until it announces itself") {
  window_of_two two;
  const auto got = two.receive({frame(8, 1), frame(9, 0), frame(10, 1)});
  CHECK(got == shards{0, 1});
  CHECK(two.window.frames() == 3);
  CHECK(two.window.bytes() == 3 * frame_size);
  CHECK(two.take(1) == seqs{});
  two.announce(1, 4, 7);
  const auto sent = two.window.take(1, begin);
  REQUIRE(sent);
  CHECK(sent->incarnation == 4);
  CHECK(sent->frames->size() == 2);
  CHECK(two.take(1) == seqs{}); // nothing new
  CHECK(two.take(0) == seqs{});
}

TEST_CASE("a frame that its shard has committed already is dropped and moves the watermark") {
  window_of_two two;
  const auto got = two.receive({frame(6, 1), frame(7, 1)});
  CHECK(got.empty());
  CHECK(two.window.frames() == 0);
  CHECK(two.window.low_watermark() == 7);
}

TEST_CASE("a frame that was read before, or is refused, is dropped") {
  window_of_two two;
  const auto got = two.receive({frame(8, 0), classified(arrival_order::repeated, 8, 0),
                                classified(arrival_order::refused, 99'999, 0), frame(10, 1)});
  CHECK(got == shards{0, 1});
  CHECK(two.window.frames() == 2);
  CHECK(two.window.highest() == 10);
}

TEST_CASE("a frame out of order is sent in its place, and moves no cursor") {
  window_of_two two;
  two.announce(0, 1, 5);
  two.announce(1, 1, 7);
  const auto got = two.receive({frame(6, 0), classified(arrival_order::far_ahead, 99'999, 0),
                                classified(arrival_order::late, 4, 1), frame(7, 0)});
  CHECK(got == shards{0, 1});
  CHECK(two.window.highest() == 7);
  const auto sent = two.window.take(0, begin);
  REQUIRE(sent);
  REQUIRE(sent->frames->size() == 3);
  CHECK(sent->frames->at(1).seq == 99'999);
  CHECK(sent->frames->at(1).position == stream_position{6, 1});
  // The other shard has committed up to 7, which says nothing about this frame.
  const auto late = two.window.take(1, begin);
  REQUIRE(late);
  CHECK(late->frames->at(0).position == stream_position{7, 1});
  REQUIRE(two.window.committed({0, 6, {}}, begin));
  CHECK(two.window.frames() == 3);
  REQUIRE(two.window.committed({0, {6, 1}, {}}, begin));
  CHECK(two.window.frames() == 2);
  CHECK(two.window.low_watermark() == 6);
  REQUIRE(two.window.committed({0, 7, {}}, begin));
  REQUIRE(two.window.committed({1, {7, 1}, {}}, begin));
  CHECK(two.window.frames() == 0);
  CHECK(two.window.bytes() == 0);
  CHECK(two.window.low_watermark() == 7);
  CHECK_FALSE(two.window.advance_for(0));
  CHECK_FALSE(two.window.advance_for(1));
}

TEST_CASE(
    "a frame out of order is sent again to a restarted shard, whose cursor does not show it") {
  window_of_two two;
  two.announce(0, 1, 5);
  static_cast<void>(two.receive({frame(6, 0), classified(arrival_order::far_ahead, 99'999, 0)}));
  CHECK(two.take(0) == seqs{6, 99'999});
  two.announce(0, 2, 6);
  CHECK(two.take(0) == seqs{99'999});
}

TEST_CASE("what a shard committed for an earlier firehose counts only when it is announced") {
  window_of_two two;
  static_cast<void>(two.receive({classified(arrival_order::far_ahead, 99'999, 0)}));
  CHECK_FALSE(two.window.committed({0, {5, 1}, {9}}, begin)); // another frame had this place
  CHECK(two.window.frames() == 1);
  two.announce(0, 1, 5);
  CHECK(two.take(0) == seqs{99'999});
}

TEST_CASE("a stream of strays alone has ended when they are committed") {
  replay_window window({0}, 3, {.frames = 10, .bytes = 1'000, .frame_bytes = 10, .ahead = 8},
                       begin);
  REQUIRE(window.announce({0, 1, 0}, begin));
  REQUIRE(window.receive(batch({classified(arrival_order::far_ahead, 99'999, 0)}), begin));
  CHECK_FALSE(window.caught_up(1s, time_point::max(), begin + 1h));
  REQUIRE(window.committed({0, {0, 1}, {}}, begin));
  CHECK(window.caught_up(1s, time_point::max(), begin + 1h));
}

TEST_CASE("a frame in order that is not above those before it is a defect") {
  window_of_two two;
  static_cast<void>(two.receive({frame(8, 0)}));
  CHECK(two.window.receive(batch({frame(8, 1)}), begin).error().code == errc::invalid);
  CHECK(two.window.receive(batch({no_shard(8)}), begin).error().code == errc::invalid);
}

TEST_CASE("frames without shard move the watermark, those without seq do not") {
  window_of_two two;
  CHECK(two.window.low_watermark() == 5);
  const auto got = two.receive({no_shard(-1), no_shard(8), no_shard(-1), no_shard(12)});
  CHECK(two.window.low_watermark() == 12);
  CHECK(two.window.highest() == 12);
  CHECK(two.window.advance_for(0) == 12);
  static_cast<void>(two.receive({frame(13, 0)}));
  CHECK(two.window.low_watermark() == 12);
  CHECK_FALSE(two.window.advance_for(0)); // its own frame moves it
  CHECK(two.window.advance_for(1) == 13);
}

TEST_CASE(
    "a shard is sent no more than its credit, and a commit returns the credit of its frames") {
  window_of_two two;
  two.announce(0, 1, 5);
  static_cast<void>(two.receive({frame(8, 0), frame(9, 0), frame(10, 0), frame(11, 0)}));
  CHECK(two.take(0) == seqs{8, 9, 10});
  CHECK(two.take(0, begin + 1s) == seqs{});
  REQUIRE(two.window.committed({0, 9, {}}, begin + 3s));
  CHECK(two.window.frames() == 2);
  CHECK(two.window.bytes() == 2 * frame_size);
  CHECK(two.window.low_watermark() == 9);
  CHECK(two.take(0) == seqs{11});
  const auto channel = two.window.channel(begin + 4s);
  CHECK(channel.capacity == 6);
  CHECK(channel.depth == 2);
  CHECK(channel.exhausted == 1);
  CHECK(channel.stalled == 2s); // from the take without credit to the commit
}

TEST_CASE("a commit of frames not sent yet returns no credit that was never taken") {
  window_of_two two;
  two.announce(0, 1, 5);
  static_cast<void>(two.receive({frame(8, 0), frame(9, 0), frame(10, 0), frame(11, 0)}));
  CHECK(two.take(0) == seqs{8, 9, 10});
  REQUIRE(two.window.committed({0, 11, {}}, begin));
  CHECK(two.window.frames() == 0);
  CHECK(two.window.bytes() == 0);
  CHECK(two.window.channel(begin).depth == 0);
}

TEST_CASE("a restarted shard is sent again everything it has not committed") {
  window_of_two two;
  two.announce(0, 1, 5);
  static_cast<void>(two.receive({frame(8, 0), frame(9, 0), frame(10, 0)}));
  CHECK(two.take(0) == seqs{8, 9, 10});
  two.announce(0, 2, 8);
  CHECK(two.window.frames() == 2);
  CHECK(two.window.channel(begin).depth == 0);
  const auto sent = two.window.take(0, begin);
  REQUIRE(sent);
  CHECK(sent->incarnation == 2);
  CHECK(sent->frames->front().seq == 9);
  CHECK(sent->frames->size() == 2);
}

TEST_CASE("a commit beyond what was read again counts once that is read") {
  window_of_two two;
  two.announce(0, 1, 20); // committed before the firehose was restarted
  CHECK(two.window.low_watermark() == 5);
  static_cast<void>(two.receive({frame(8, 0)}));
  CHECK(two.window.frames() == 0);
  CHECK(two.window.low_watermark() == 8);
  static_cast<void>(two.receive({frame(21, 0)}));
  CHECK(two.take(0) == seqs{21});
}

TEST_CASE("a late commit report moves nothing back") {
  window_of_two two;
  two.announce(0, 1, 5);
  static_cast<void>(two.receive({frame(8, 0), frame(9, 0)}));
  REQUIRE(two.window.committed({0, 9, {50}}, begin));
  REQUIRE(two.window.committed({0, 8, {}}, begin));
  CHECK(two.window.low_watermark() == 9);
  CHECK(two.window.event_time() == 50);
}

TEST_CASE("reports of a shard that does not exist are ignored") {
  window_of_two two;
  CHECK_FALSE(two.window.announce({2, 1, 100}, begin));
  CHECK_FALSE(two.window.committed({2, 100, {9}}, begin));
  CHECK_FALSE(two.window.event_time());
  CHECK(two.window.low_watermark() == 5);
}

TEST_CASE("the source is granted what fits, and gets credit back for every message it delivers") {
  window_of_two two;
  two.announce(0, 1, 5);
  CHECK(two.window.grant() == 8); // at most that many ahead
  CHECK(two.window.granted() == 8);
  CHECK(two.window.grant() == 0);
  // Bad frames and notices use up credit as well.
  static_cast<void>(two.receive({no_shard(-1), no_shard(8), frame(9, 0), frame(10, 0)}));
  CHECK(two.window.granted() == 4);
  CHECK(two.window.grant() == 4); // 2 frames wait, 4 may come: 4 of 10 are left
  static_cast<void>(two.receive({frame(11, 0), frame(12, 0), frame(13, 0), frame(14, 0),
                                 frame(15, 0), frame(16, 0), frame(17, 0), frame(18, 0)}));
  CHECK(two.window.frames() == 10);
  CHECK(two.window.granted() == 0);
  CHECK(two.window.grant() == 0); // full
  REQUIRE(two.window.committed({0, 10, {}}, begin));
  CHECK(two.window.grant() == 2);
}

TEST_CASE("a window that is full by bytes grants nothing") {
  replay_window window({0}, 3, {.frames = 10, .bytes = 15, .frame_bytes = 10, .ahead = 8}, begin);
  REQUIRE(window.announce({0, 1, 0}, begin));
  CHECK(window.grant() == 1);
  REQUIRE(window.receive(batch({frame(1, 0)}), begin));
  CHECK(window.grant() == 1); // there is room, if not for the largest frame
  REQUIRE(window.receive(batch({frame(2, 0)}), begin));
  CHECK(window.grant() == 0);
  REQUIRE(window.committed({0, 1, {}}, begin));
  CHECK(window.grant() == 1);
}

TEST_CASE("more frames than the window holds are an error") {
  replay_window window({0}, 3, {.frames = 2, .bytes = 1'000, .frame_bytes = 10, .ahead = 8}, begin);
  const auto got = window.receive(batch({frame(1, 0), frame(2, 0), frame(3, 0)}), begin);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::limit);
}

TEST_CASE("the stream has ended when all is committed and nothing has come for the quiet time") {
  window_of_two two;
  const auto idle = begin + 3s;
  const auto ended = [&](time_point idle_since, time_point now) {
    return two.window.caught_up(4s, idle_since, now);
  };
  two.announce(0, 1, 5);
  two.announce(1, 1, 7);
  static_cast<void>(two.receive({frame(8, 0)}, begin + 1s));
  CHECK_FALSE(ended(idle, begin + 9s)); // a frame is not committed
  REQUIRE(two.window.committed({0, 8, {}}, begin + 2s));
  CHECK_FALSE(ended(idle, begin + 9s)); // the other shard's cursor is behind
  REQUIRE(two.window.committed({1, 8, {}}, begin + 2s));
  CHECK_FALSE(ended(idle, begin + 5s - 1ms)); // too soon
  CHECK(ended(idle, begin + 5s));
  CHECK_FALSE(ended(begin + 2s - 1ms, begin + 9s)); // identity may not have seen the last tasks
  CHECK(ended(begin + 2s, begin + 9s));
  CHECK(ended(time_point::max(), begin + 9s));                          // there is no identity
  CHECK_FALSE(two.window.caught_up(0s, time_point::max(), begin + 9s)); // it is to run for ever
  // What a shard had committed before it failed is known only now.
  REQUIRE(two.window.announce({1, 2, 8}, begin + 6s));
  CHECK_FALSE(ended(begin + 6s - 1ms, begin + 9s));
  CHECK(ended(begin + 6s, begin + 9s));
  two.window.reset_quiet_time(begin + 8s);
  CHECK_FALSE(ended(time_point::max(), begin + 9s));
  // Any message of the relay is a sign of life.
  static_cast<void>(two.receive({no_shard(-1)}, begin + 20s));
  CHECK_FALSE(ended(time_point::max(), begin + 23s));
  CHECK(ended(time_point::max(), begin + 24s));
}

TEST_CASE("a stream of which nothing was read has not ended") {
  const replay_window window({0, 0}, 3, {.frames = 10, .bytes = 1'000}, begin);
  CHECK_FALSE(window.caught_up(1s, time_point::max(), begin + 1h));
}

TEST_CASE("the longest wait is that of the oldest uncommitted frame, by our own clock") {
  window_of_two two;
  two.announce(0, 1, 5);
  CHECK(two.window.longest_wait(begin) == 0s);
  static_cast<void>(two.receive({frame(8, 0)}, begin));
  static_cast<void>(two.receive({frame(9, 1)}, begin + 2s));
  CHECK(two.window.longest_wait(begin + 5s) == 5s);
  REQUIRE(two.window.committed({0, 8, {}}, begin + 6s));
  CHECK(two.window.longest_wait(begin + 6s) == 4s);
  two.announce(1, 1, 9);
  CHECK(two.window.longest_wait(begin + 7s) == 0s);
}

TEST_CASE("one stamp, however wrong, does not move the time of the stream") {
  window_of_two two;
  two.announce(0, 1, 5);
  REQUIRE(two.window.committed({0, 6, {100, 101, 102, 4'070'908'800, 103}}, begin));
  CHECK(two.window.event_time() == 102);
  REQUIRE(two.window.committed({0, 7, {-1}}, begin));
  CHECK(two.window.event_time() == 101);
}
