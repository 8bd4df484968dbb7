#include "core/watermark.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

using prism::errc;
using prism::stream_position;
using prism::watermark;

TEST_CASE("the low watermark stops below the first frame that is not acknowledged") {
  watermark mark({0, 0}, 100);
  CHECK(mark.low_watermark() == 0);
  CHECK(mark.delivered(10, 0) == true);
  CHECK(mark.delivered(11, 1) == true);
  CHECK(mark.delivered(15, 0) == true);
  CHECK(mark.low_watermark() == 9);
  CHECK(mark.acked(1, 11) == 1U);
  CHECK(mark.low_watermark() == 9);
  CHECK(mark.acked(0, 10) == 1U);
  CHECK(mark.low_watermark() == 14);
  CHECK(mark.acked(0, 15) == 1U);
  CHECK(mark.low_watermark() == 15);
  CHECK(mark.outstanding() == 0);
}

TEST_CASE("one acknowledgement covers all earlier frames of its shard and of no other") {
  watermark mark({0, 0}, 100);
  for (const std::int64_t seq : {1, 2, 3, 4, 5, 6})
    REQUIRE(mark.delivered(seq, static_cast<std::size_t>(seq % 2)));
  CHECK(mark.acked(0, 6) == 3U);
  CHECK(mark.outstanding(0) == 0);
  CHECK(mark.outstanding(1) == 3);
  CHECK(mark.low_watermark() == 0);
}

TEST_CASE("a shard does not get frames again that it committed before a restart") {
  watermark mark({50, 80}, 100);
  CHECK(mark.highest() == 50);
  CHECK(mark.low_watermark() == 50);
  CHECK(mark.delivered(60, 1) == false);
  CHECK(mark.low_watermark() == 60);
  CHECK(mark.delivered(61, 0) == true);
  CHECK(mark.delivered(81, 1) == true);
  CHECK(mark.low_watermark() == 60);
  CHECK(mark.durable(1) == 80);
}

TEST_CASE("an idle shard may be moved to the highest seq read, a busy one may not") {
  watermark mark({5, 5}, 100);
  CHECK_FALSE(mark.advance_for(0));
  REQUIRE(mark.delivered(10, 0));
  CHECK_FALSE(mark.advance_for(0));
  CHECK(mark.advance_for(1) == 10);
  REQUIRE(mark.skip(12));
  CHECK(mark.advance_for(1) == 12);
  CHECK(mark.acked(1, 12) == 0U); // the shard has stored the watermark it was sent
  CHECK_FALSE(mark.advance_for(1));
  CHECK(mark.durable(1) == 12);
  REQUIRE(mark.acked(0, 10));
  CHECK(mark.advance_for(0) == 12);
}

TEST_CASE("frames without shard move the watermark when nothing waits below them") {
  watermark mark({0}, 100);
  REQUIRE(mark.skip(3));
  CHECK(mark.low_watermark() == 3);
  REQUIRE(mark.delivered(4, 0));
  REQUIRE(mark.skip(9));
  CHECK(mark.low_watermark() == 3);
  REQUIRE(mark.acked(0, 4));
  CHECK(mark.low_watermark() == 9);
}

TEST_CASE("a repeated or late acknowledgement moves nothing back") {
  watermark mark({0}, 100);
  REQUIRE(mark.delivered(1, 0));
  REQUIRE(mark.delivered(2, 0));
  CHECK(mark.acked(0, 2) == 2U);
  CHECK(mark.acked(0, 1) == 0U);
  CHECK(mark.acked(0, 2) == 0U);
  CHECK(mark.durable(0) == 2);
  CHECK(mark.low_watermark() == 2);
}

TEST_CASE("a frame read twice, a wrong shard and an acknowledgement from the future are errors") {
  watermark mark({7}, 100);
  REQUIRE(mark.delivered(9, 0));
  CHECK(mark.delivered(9, 0).error().code == errc::invalid);
  CHECK(mark.delivered(8, 0).error().code == errc::invalid);
  CHECK(mark.skip(9).error().code == errc::invalid);
  CHECK(mark.delivered(10, 1).error().code == errc::invalid);
  CHECK(mark.acked(1, 9).error().code == errc::invalid);
  CHECK(mark.acked(0, 10).error().code == errc::invalid);
  CHECK(mark.highest() == 9);
  CHECK(mark.outstanding() == 1);
}

TEST_CASE("a full window refuses the next frame and takes it after an acknowledgement") {
  watermark mark({0, 0}, 2);
  REQUIRE(mark.delivered(1, 0));
  REQUIRE(mark.delivered(2, 1));
  const auto refused = mark.delivered(3, 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit);
  CHECK(mark.highest() == 2);
  REQUIRE(mark.acked(1, 2));
  CHECK(mark.delivered(3, 0) == true);
}

TEST_CASE("a watermark behaves like a simple model under random use and never decreases") {
  std::mt19937_64 random(13);
  for (int round = 0; round < 60; ++round) {
    const std::size_t shards = 1 + random() % 9;
    const std::size_t window = 1 + random() % 60;
    std::vector<std::int64_t> durable(shards);
    for (auto& seq : durable)
      seq = static_cast<std::int64_t>(random() % 50);
    watermark mark(durable, window);
    std::map<std::int64_t, std::size_t> waiting; // naive: seq -> shard
    std::int64_t highest = *std::min_element(durable.begin(), durable.end());
    std::int64_t last_low = mark.low_watermark();
    for (int step = 0; step < 1500; ++step) {
      const std::size_t shard = random() % shards;
      switch (random() % 5) {
      case 0:
      case 1: {
        const auto seq = highest + 1 + static_cast<std::int64_t>(random() % 4);
        const auto result = mark.delivered(seq, shard);
        if (seq <= durable[shard]) {
          REQUIRE(result == false);
          highest = seq;
        } else if (waiting.size() == window) {
          REQUIRE_FALSE(result);
        } else {
          REQUIRE(result == true);
          waiting[seq] = shard;
          highest = seq;
        }
        break;
      }
      case 2:
        highest += 1 + static_cast<std::int64_t>(random() % 4);
        REQUIRE(mark.skip(highest));
        break;
      case 3: {
        const auto up_to =
            static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(highest + 1));
        const auto removed = std::erase_if(waiting, [&](const auto& frame) {
          return frame.second == shard && frame.first <= up_to;
        });
        durable[shard] = std::max(durable[shard], up_to);
        REQUIRE(mark.acked(shard, up_to) == removed);
        break;
      }
      default:
        if (const auto seq = mark.advance_for(shard)) {
          REQUIRE(std::none_of(waiting.begin(), waiting.end(),
                               [&](const auto& frame) { return frame.second == shard; }));
          REQUIRE(*seq == highest);
          REQUIRE(mark.acked(shard, *seq) == 0U);
          durable[shard] = *seq;
        }
      }
      const auto low = waiting.empty() ? highest : waiting.begin()->first - 1;
      REQUIRE(mark.low_watermark() == low);
      REQUIRE(low >= last_low);
      last_low = low;
      REQUIRE(mark.outstanding() == waiting.size());
      REQUIRE(mark.durable(shard) == durable[shard]);
    }
  }
}

TEST_CASE("a frame out of order waits behind all of its shard and moves no cursor") {
  watermark mark({3, 9}, 100);
  REQUIRE(mark.delivered(4, 0));
  CHECK(mark.delivered_apart(0) == stream_position{4, 1});
  CHECK(mark.delivered_apart(0) == stream_position{4, 2});
  // Whatever the shard has committed of this stream before: the frame is sent.
  CHECK(mark.delivered_apart(1) == stream_position{9, 1});
  CHECK(mark.highest() == 4);
  CHECK(mark.outstanding() == 4);
  CHECK(mark.low_watermark() == 3);
  CHECK(mark.acked(0, 4) == 1U);
  CHECK(mark.low_watermark() == 4);
  CHECK_FALSE(mark.advance_for(0));
  // The stream goes on below what the second shard has committed.
  CHECK(mark.delivered(5, 1) == false);
  CHECK(mark.delivered(6, 0) == true);
  CHECK(mark.low_watermark() == 4); // the frames behind 4 are not committed
  CHECK(mark.acked(0, {4, 2}) == 2U);
  CHECK(mark.low_watermark() == 5);
  CHECK(mark.acked(1, {9, 1}) == 1U);
  CHECK(mark.acked(0, 6) == 1U);
  CHECK(mark.low_watermark() == 6);
  CHECK_FALSE(mark.advance_for(1));
  CHECK(mark.acked(1, {9, 2}).error().code == errc::invalid); // never read
}

TEST_CASE("a frame out of order needs a shard and room like any other") {
  watermark mark({3}, 1);
  CHECK(mark.delivered_apart(1).error().code == errc::invalid);
  CHECK(mark.delivered_apart(0));
  CHECK(mark.delivered_apart(0).error().code == errc::limit);
}

TEST_CASE("a shard that announces more than was read gets only what is above it") {
  watermark mark({3}, 100);
  REQUIRE(mark.delivered(4, 0));
  REQUIRE(mark.delivered(9, 0));
  CHECK(mark.announced(0, 7) == 1U);
  CHECK(mark.announced(0, 20) == 1U);
  CHECK(mark.delivered(12, 0) == false);
  CHECK(mark.delivered_apart(0) == stream_position{20, 1});
  CHECK(mark.low_watermark() == 12);
}
