#include "atproto/syntax/tid.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace prism::atproto;

TEST_CASE("a TID holds microseconds and a clock id") {
  // 2023-09-05T20:42:56.138 UTC in the record key of a real post.
  const auto id = tid::parse("3k6mq7vjm7s2d");
  REQUIRE(id);
  CHECK(id->timestamp_us() / 1'000'000'000'000 == 1693);
  CHECK(id->clock_id() == (id->value() & 1023));
  CHECK(tid{(std::uint64_t{1'700'000'000'123'456} << 10U) | 7U}.timestamp_us() ==
        1'700'000'000'123'456);
  CHECK(tid{(std::uint64_t{1'700'000'000'123'456} << 10U) | 7U}.clock_id() == 7);
}

TEST_CASE("the text of a TID is read back to the same number") {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{31}, std::uint64_t{32},
        std::uint64_t{1} << 62U, std::numeric_limits<std::uint64_t>::max()}) {
    const auto text = tid{value}.to_string();
    CHECK(text.size() == tid::text_size);
    const auto read = tid::parse(text);
    REQUIRE(read);
    CHECK(read->value() == value);
  }
}

TEST_CASE("TIDs sort as their texts do") {
  const tid early{1000};
  const tid late{std::uint64_t{1} << 40U};
  CHECK(early < late);
  CHECK(early.to_string() < late.to_string());
}

TEST_CASE("what is no TID is an error") {
  CHECK_FALSE(tid::parse(""));
  CHECK_FALSE(tid::parse("3jzfcijpj2z21"));
  CHECK_FALSE(tid::parse("k222222222222"));
  CHECK_FALSE(is_valid_tid("3JZFCIJPJ2Z2A"));
}
