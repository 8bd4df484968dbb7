#include "actors/runtime/pauses.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;

TEST_CASE("a pause ends at its time or when it is removed") {
  pauses all;
  const time_point start{1h};
  CHECK_FALSE(all.paused("firehose", start));
  all.add({.part = "firehose", .until = start + 60s, .who = "ann", .why = "a test"});
  all.add({.part = "shard-1", .until = start + 10s, .who = "ann", .why = "a test"});
  CHECK(all.paused("firehose", start + 59s));
  CHECK_FALSE(all.paused("firehose", start + 60s));
  CHECK(all.paused("shard-1", start));
  CHECK_FALSE(all.paused("shard-10", start));
  CHECK(all.list(start + 20s).size() == 1);
  CHECK(all.remove("firehose"));
  CHECK_FALSE(all.remove("firehose"));
  CHECK_FALSE(all.any());
}
