#include "core/batch_size.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using prism::batch_size;

TEST_CASE("a batch may have its cap of operations until one fails, and then half of that") {
  batch_size size(500, 10s);
  CHECK(size.max_units() == 500);
  size.committed(true, 9s);
  CHECK(size.max_units() == 500);
  size.failed(500);
  CHECK(size.max_units() == 250);
  // It was not full: what counts is what was in it.
  size.failed(40);
  CHECK(size.max_units() == 20);
  size.failed(1);
  CHECK(size.max_units() == 1);
  // A batch that began before the last one failed.
  size.failed(400);
  CHECK(size.max_units() == 1);
}

TEST_CASE("a batch cap of zero still makes progress") {
  batch_size size(0, 10s);
  CHECK(size.max_units() == 1);
  size.failed(1);
  CHECK(size.max_units() == 1);
  size.committed(true, 1ms);
  CHECK(size.max_units() == 1);
}

TEST_CASE("only a full batch that was quick lets the next one be larger") {
  batch_size size(500, 10s);
  size.failed(128);
  REQUIRE(size.max_units() == 64);
  size.committed(false, 1ms);
  CHECK(size.max_units() == 64);
  size.committed(true, 2500ms);
  CHECK(size.max_units() == 128);
  size.committed(true, 5s);
  CHECK(size.max_units() == 144);
  size.committed(true, 5001ms);
  CHECK(size.max_units() == 144);
  size.committed(true, 1s);
  CHECK(size.max_units() == 288);
  size.committed(true, 1s);
  CHECK(size.max_units() == 500);
}

TEST_CASE("a database of a steady speed is overstepped only until its speed is known") {
  constexpr auto limit = 10s;
  for (const auto per_frame : {1ms, 20ms, 80ms, 700ms, 4'000ms, 9'000ms}) {
    batch_size size(500, limit);
    int failures = 0;
    std::size_t done = 0;
    for (int batch = 0; batch < 1'000; ++batch) {
      const auto took = per_frame * static_cast<int>(size.max_units());
      if (took > limit) {
        ++failures;
        size.failed(size.max_units());
      } else {
        done += size.max_units();
        size.committed(true, took);
      }
    }
    INFO(per_frame.count() << " ms each");
    CHECK(failures <= 9);
    CHECK(done >= 991); // and never stands still
    // Not far below what fits, or the cost of transactions would count.
    CHECK(size.max_units() >=
          std::min<std::size_t>(
              500, static_cast<std::size_t>(std::chrono::milliseconds{limit} / per_frame / 4)));
  }
}
