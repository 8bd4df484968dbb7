#include "core/read_credit.hpp"

#include <catch2/catch.hpp>
#include <random>

using prism::frames_to_grant;
using prism::read_limits;
using prism::read_state;

TEST_CASE("a reader may read as many frames as fit, whatever their size") {
  const read_limits limits{.frames = 1'000, .bytes = 64, .frame_bytes = 5, .ahead = 256};
  CHECK(frames_to_grant(limits, {}) == 12);
  CHECK(frames_to_grant(limits, {.frames = 9, .bytes = 40, .granted = 0}) == 4);
  CHECK(frames_to_grant(limits, {.frames = 9, .bytes = 40, .granted = 2}) == 2);
  CHECK(frames_to_grant(limits, {.frames = 9, .bytes = 40, .granted = 4}) == 0);
  // Any room is enough for one.
  CHECK(frames_to_grant(limits, {.frames = 9, .bytes = 63, .granted = 0}) == 1);
  CHECK(frames_to_grant(limits, {.frames = 9, .bytes = 63, .granted = 1}) == 0);
  CHECK(frames_to_grant(limits, {.frames = 9, .bytes = 64, .granted = 0}) == 0);
  CHECK(frames_to_grant(limits, {.frames = 9, .bytes = 70, .granted = 0}) == 0);
}

TEST_CASE("a reader may not read more frames than the window takes, nor too many at a time") {
  const read_limits limits{.frames = 100, .bytes = 1U << 30U, .frame_bytes = 5, .ahead = 32};
  CHECK(frames_to_grant(limits, {}) == 32);
  CHECK(frames_to_grant(limits, {.frames = 90, .bytes = 9, .granted = 0}) == 10);
  CHECK(frames_to_grant(limits, {.frames = 100, .bytes = 9, .granted = 0}) == 0);
  CHECK(frames_to_grant(limits, {.frames = 90, .bytes = 9, .granted = 10}) == 0);
  CHECK(frames_to_grant({.frames = 9, .bytes = 9, .frame_bytes = 1, .ahead = 0}, {}) == 1);
}

TEST_CASE("a reader with enough credit gets more when it is worth a message") {
  const read_limits limits{.frames = 1'000, .bytes = 1U << 30U, .frame_bytes = 5, .ahead = 32};
  CHECK(frames_to_grant(limits, {.frames = 7, .bytes = 7, .granted = 25}) == 0);
  CHECK(frames_to_grant(limits, {.frames = 8, .bytes = 8, .granted = 24}) == 8);
}

TEST_CASE("what is read stays within the limits by at most a part of one frame, and never stops") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    const read_limits limits{.frames = 1 + random() % 50,
                             .bytes = 1 + random() % 400,
                             .frame_bytes = 1 + random() % 40,
                             .ahead = 1 + random() % 20};
    read_state now;
    std::uint64_t read = 0;
    for (int step = 0; step < 2'000; ++step) {
      now.granted += frames_to_grant(limits, now);
      if (now.frames == 0)
        REQUIRE(now.granted > 0);
      REQUIRE(now.granted <= limits.ahead);
      REQUIRE(now.frames + now.granted <= limits.frames);
      if (now.granted > 0 && random() % 2 == 0) {
        --now.granted;
        ++now.frames;
        now.bytes += 1 + random() % limits.frame_bytes;
        ++read;
      } else if (random() % 2 == 0 && now.frames > 0) {
        now.frames = 0;
        now.bytes = 0;
      }
      REQUIRE(now.bytes < limits.bytes + limits.frame_bytes);
    }
    CHECK(read > 300);
  }
}
