#include "core/reader_count.hpp"

#include <catch2/catch.hpp>

using prism::default_readers;

TEST_CASE("readers leave processors to the writers of a small machine") {
  CHECK(default_readers(1) == 2);
  CHECK(default_readers(2) == 4);
  CHECK(default_readers(4) == 8);
  CHECK(default_readers(64) == 8);
  CHECK(default_readers(0) == 8); // not known
}
