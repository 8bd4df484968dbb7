#include "core/rate_limited.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using prism::rate_limited;
using prism::time_point;

TEST_CASE("a key may log once per interval, and then reports how many lines were suppressed") {
  rate_limited<std::string> gate(10s, 4);
  const time_point start{};
  CHECK(gate.allow(std::string_view("a"), start) == 0U);
  CHECK_FALSE(gate.allow(std::string_view("a"), start + 1s));
  CHECK_FALSE(gate.allow(std::string_view("a"), start + 9s));
  CHECK(gate.allow(std::string_view("b"), start + 9s) == 0U); // keys do not disturb each other
  CHECK(gate.allow(std::string_view("a"), start + 10s) == 2U);
  CHECK_FALSE(gate.allow(std::string_view("a"), start + 11s));
  CHECK(gate.allow(std::string_view("a"), start + 20s) == 1U);
}

TEST_CASE("keys beyond those remembered are suppressed until the interval of an old one is over") {
  rate_limited<int> gate(10s, 2);
  const time_point start{};
  CHECK(gate.allow(1, start) == 0U);
  CHECK(gate.allow(2, start + 5s) == 0U);
  CHECK_FALSE(gate.allow(3, start + 6s));
  CHECK(gate.allow(3, start + 10s) == 0U); // takes the place of 1
  CHECK_FALSE(gate.allow(1, start + 11s));
  CHECK(gate.size() == 2);
}

TEST_CASE("under a flood of keys neither one key nor the total exceeds its rate") {
  std::mt19937 random(3);
  constexpr auto interval = 100ms;
  rate_limited<int> gate(interval, 5);
  std::map<int, time_point> last;
  std::map<std::int64_t, int> lines_per_interval;
  std::uint64_t allowed = 0;
  for (time_point now{}; now < time_point{} + 20s; now += 1ms) {
    const int key = static_cast<int>(random() % 40);
    if (!gate.allow(key, now))
      continue;
    ++allowed;
    if (const auto found = last.find(key); found != last.end())
      REQUIRE(now - found->second >= interval);
    last[key] = now;
    REQUIRE(++lines_per_interval[now.time_since_epoch() / interval] <= 2 * 5);
    REQUIRE(gate.size() <= 5);
  }
  CHECK(allowed > 0);
  CHECK(allowed <= 5 * (20s / interval));
}
