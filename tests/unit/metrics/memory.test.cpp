#include "metrics/memory.hpp"

#include <catch2/catch.hpp>

TEST_CASE("memory is known only with jemalloc, and then in its order") {
  const auto memory = prism::metrics::sample_memory();
  if (!memory)
    return; // this test program is not linked with it; tests/e2e/allocator.sh looks at prismd
  CHECK(memory->allocated > 0);
  CHECK(memory->allocated <= memory->active);
  CHECK(memory->active <= memory->resident);
}
