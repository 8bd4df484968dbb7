#include "actors/intake/shard_lane.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

using namespace prism;
using namespace std::chrono_literals;

TEST_CASE("a lane says how long each committed frame was here") {
  const time_point begin{};
  shard_lane lane(4);
  for (int i = 1; i <= 3; ++i) {
    routed_frame frame;
    frame.seq = i;
    frame.data = std::make_shared<const std::vector<std::byte>>(8);
    frame.position = i;
    frame.received = begin + i * 1s;
    lane.push(std::move(frame));
  }
  lane.restart(1, begin);
  CHECK(lane.take(begin) != nullptr);
  std::vector<steady_clock::duration> latencies;
  CHECK(lane.committed(2, begin + 10s, latencies) == 2);
  CHECK(latencies == std::vector<steady_clock::duration>{9s, 8s});
  CHECK(lane.committed(3, begin + 20s, latencies) == 1);
  CHECK(latencies.back() == 17s);
}
