#include "core/byte_budget.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace prism;

TEST_CASE("shares of a budget come back when they end") {
  byte_budget budget(100);
  auto first = budget.take(60);
  REQUIRE(first);
  CHECK(budget.used() == 60);
  CHECK_FALSE(budget.take(41));
  CHECK(budget.used() == 60);
  {
    auto second = budget.take(40);
    REQUIRE(second);
    CHECK_FALSE(budget.take(1));
    CHECK(budget.take(0));
    byte_budget::share moved = std::move(*second);
    CHECK(budget.used() == 100);
  }
  CHECK(budget.used() == 60);
  first = budget.take(30); // the new one before the old one ends
  REQUIRE(first);
  CHECK(budget.used() == 30);
  first.reset();
  CHECK(budget.used() == 0);
  CHECK_FALSE(budget.take(101));
}

TEST_CASE("a share may end after its budget") {
  byte_budget::share left;
  {
    byte_budget budget(10);
    left = std::move(*budget.take(10));
    CHECK(budget.used() == 10);
  }
}

TEST_CASE("threads never take more than a budget together") {
  byte_budget budget(10);
  std::atomic<bool> is_more{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 2'000; ++round) {
        const auto mine = budget.take(4);
        if (budget.used() > 10)
          is_more = true;
      }
    });
  for (auto& each : threads)
    each.join();
  CHECK_FALSE(is_more);
  CHECK(budget.used() == 0);
}
