#include "core/batch_size.hpp"

#include <catch2/catch.hpp>

using prism::batch_size;

TEST_CASE("a batch takes all that waits, up to its cap") {
  CHECK(batch_size(0, 500) == 0);
  CHECK(batch_size(1, 500) == 1);
  CHECK(batch_size(499, 500) == 499);
  CHECK(batch_size(500, 500) == 500);
  CHECK(batch_size(20'000, 500) == 500);
}

TEST_CASE("a batch cap of zero still makes progress") {
  CHECK(batch_size(9, 0) == 1);
}
