#include "core/ask_again.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;

namespace {
constexpr time_point begin{1h};
}

TEST_CASE("a relay is asked again at once for a stray, and for a leap after a second") {
  ask_again asking;
  CHECK_FALSE(asking.due(false, std::nullopt, begin));
  CHECK_FALSE(asking.due(false, begin, begin + 999ms));
  CHECK(asking.due(false, begin, begin + 1s));
  ask_again other;
  CHECK(other.due(true, std::nullopt, begin));
  CHECK_FALSE(other.due(false, std::nullopt, begin + 1h)); // done
}

TEST_CASE("it is not asked again sooner than after two seconds, then four and so on") {
  ask_again asking;
  REQUIRE(asking.due(true, std::nullopt, begin));
  CHECK_FALSE(asking.due(true, std::nullopt, begin + 1999ms));
  CHECK(asking.due(false, std::nullopt, begin + 2s)); // the stray is not forgotten
  CHECK_FALSE(asking.due(true, std::nullopt, begin + 5999ms));
  CHECK(asking.due(false, std::nullopt, begin + 6s));
  auto now = begin + 6s;
  for (int i = 0; i < 20; ++i) {
    now += 300s;
    CHECK(asking.due(true, std::nullopt, now));
  }
  CHECK_FALSE(asking.due(true, std::nullopt, now + 299s));
}

TEST_CASE("after a long time without cause the delays begin anew") {
  ask_again asking;
  REQUIRE(asking.due(true, std::nullopt, begin));
  REQUIRE(asking.due(true, std::nullopt, begin + 1min));
  REQUIRE(asking.due(true, std::nullopt, begin + 1h));
  CHECK(asking.due(true, std::nullopt, begin + 1h + 2s));
}
