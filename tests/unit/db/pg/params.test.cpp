#include "db/pg/params.hpp"

#include "db/pg/wire.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

using namespace prism::db;

namespace {

std::string_view bytes_of(const params& p, std::size_t index) {
  const auto& slot = p.slots()[index];
  return {p.data() + slot.offset, static_cast<std::size_t>(slot.length)};
}

} // namespace

TEST_CASE("scalars are encoded in network byte order with their types") {
  params p;
  p.boolean(true).int2(-2).int4(0x01020304).int8(-1).text("é").timestamptz(wire::epoch_shift_us);
  REQUIRE_FALSE(p.status());
  REQUIRE(p.size() == 6);
  CHECK(bytes_of(p, 0) == std::string_view("\1", 1));
  CHECK(bytes_of(p, 1) == std::string_view("\xff\xfe", 2));
  CHECK(bytes_of(p, 2) == std::string_view("\1\2\3\4", 4));
  CHECK(bytes_of(p, 3) == std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff", 8));
  CHECK(bytes_of(p, 4) == "é");
  CHECK(bytes_of(p, 5) == std::string_view("\0\0\0\0\0\0\0\0", 8));
  CHECK(p.slots()[4].type == pg_type::text);
  CHECK(p.slots()[5].type == pg_type::timestamptz);
}

TEST_CASE("an empty optional is NULL with its type") {
  params p;
  p.int8(std::nullopt).text(std::nullopt);
  REQUIRE(p.size() == 2);
  CHECK(p.slots()[0].is_null);
  CHECK(p.slots()[0].type == pg_type::int8);
  CHECK(p.slots()[1].is_null);
}

TEST_CASE("an array is encoded with dimension, null flag, element type and elements") {
  params p;
  p.int2_array(std::array<std::optional<std::int16_t>, 2>{std::int16_t{7}, std::nullopt});
  const std::string expected("\0\0\0\1"
                             "\0\0\0\1"
                             "\0\0\0\x15"
                             "\0\0\0\2"
                             "\0\0\0\1"
                             "\0\0\0\2"
                             "\0\7"
                             "\xff\xff\xff\xff",
                             30);
  CHECK(bytes_of(p, 0) == expected);
}

TEST_CASE("a text with a NUL byte is rejected, naming the parameter") {
  params p;
  p.int8(1).text(std::string_view("a\0b", 3));
  REQUIRE(p.status());
  CHECK(p.status()->sqlstate == "22021");
  CHECK(p.status()->cls == error_class::poison);
  CHECK(p.status()->message == "parameter $2: text with a NUL byte, which PostgreSQL cannot store");
}

TEST_CASE("a NUL byte inside a text array is rejected too, and the first error is kept") {
  params p;
  p.text_array(std::array<std::string_view, 2>{"ok", std::string_view("\0", 1)});
  p.timestamptz(std::numeric_limits<std::int64_t>::max());
  REQUIRE(p.status());
  CHECK(p.status()->sqlstate == "22021");
  CHECK(p.status()->message.starts_with("parameter $1:"));
}

TEST_CASE("timestamps are accepted exactly within PostgreSQL's range") {
  const auto lowest = wire::min_timestamp_us + wire::epoch_shift_us;
  const auto highest_in_range = std::numeric_limits<std::int64_t>::max();
  CHECK_FALSE(params().timestamptz(lowest).status());
  CHECK(params().timestamptz(lowest - 1).status()->sqlstate == "22008");
  CHECK(params().timestamptz(std::numeric_limits<std::int64_t>::min()).status());
  // INT64_MAX microseconds since 1970 are within PostgreSQL's range.
  CHECK_FALSE(params().timestamptz(highest_in_range).status());
}

TEST_CASE("values over the limit are rejected before they are copied") {
  const std::size_t size = params::max_bytes;
  const std::unique_ptr<void, decltype(&std::free)> zeros(std::calloc(size, 1), &std::free);
  REQUIRE(zeros);
  params p;
  p.bytea(std::span(static_cast<const std::byte*>(zeros.get()), size));
  REQUIRE(p.status());
  CHECK(p.status()->sqlstate == "54000");
  CHECK(p.status()->cls == error_class::poison);
  CHECK(p.bytes() == 0);
}

TEST_CASE("more than 65535 parameters are rejected") {
  params p;
  for (std::size_t i = 0; i < params::max_count; ++i)
    p.boolean(std::nullopt);
  REQUIRE_FALSE(p.status());
  p.boolean(true);
  REQUIRE(p.status());
  CHECK(p.status()->sqlstate == "54000");
}
