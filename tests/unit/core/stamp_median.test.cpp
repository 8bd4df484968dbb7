#include "core/stamp_median.hpp"

#include <catch2/catch.hpp>

using prism::stamp_median;

TEST_CASE("the median of stamps is the lower middle one, and none before the first") {
  stamp_median median;
  CHECK_FALSE(median.value());
  median.add(7);
  CHECK(median.value() == 7);
  median.add(5);
  CHECK(median.value() == 5);
  median.add(100);
  CHECK(median.value() == 7);
}

TEST_CASE("less than half of the stamps cannot move the median beyond the others") {
  stamp_median median;
  for (std::int64_t i = 0; i < 51; ++i)
    median.add(1'000 + i);
  for (int i = 0; i < 50; ++i)
    median.add(i % 2 == 0 ? 4'070'908'800 : 0);
  CHECK(median.value() >= 1'000);
  CHECK(median.value() <= 1'050);
}

TEST_CASE("old stamps leave") {
  stamp_median median;
  for (std::size_t i = 0; i < stamp_median::capacity; ++i)
    median.add(1);
  CHECK(median.value() == 1);
  for (std::size_t i = 0; i < stamp_median::capacity; ++i)
    median.add(2);
  CHECK(median.value() == 2);
}
