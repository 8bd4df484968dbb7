#include "core/lane_shuffle.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using prism::lane_shuffle;

namespace {

/// Which of two lanes opens first, over many sendings.
[[nodiscard]] std::vector<std::size_t> openings(std::uint64_t seed) {
  lane_shuffle shuffle(seed, 2, 100);
  std::vector<std::size_t> out;
  while (out.size() < 50) {
    shuffle.arrived(1);
    for (std::size_t lane = 0; lane < 2; ++lane)
      if (shuffle.is_open(lane)) {
        out.push_back(lane);
        shuffle.sent(lane);
      }
  }
  return out;
}

} // namespace

TEST_CASE("lanes open in a random order that the seed decides") {
  CHECK(openings(1) == openings(1));
  CHECK(openings(1) != openings(2));
  const auto seen = openings(3);
  CHECK(std::adjacent_find(seen.begin(), seen.end()) != seen.end()); // one gets ahead
}

TEST_CASE("a lane is closed for the window at most, and open when all are opened") {
  lane_shuffle shuffle(7, 4, 100);
  shuffle.arrived(100);
  for (std::size_t lane = 0; lane < 4; ++lane) {
    CHECK(shuffle.is_open(lane));
    shuffle.sent(lane);
  }
  shuffle.open_all();
  for (std::size_t lane = 0; lane < 4; ++lane)
    CHECK(shuffle.is_open(lane));
}
