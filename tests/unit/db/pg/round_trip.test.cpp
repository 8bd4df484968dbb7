// Every parameter type, sent to a server and read back.

#include "db/pg/connection.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <limits>
#include <string>

using namespace prism;
using namespace prism::db;
using prism::test::connect_to;
using prism::test::must;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

TEST_CASE("every scalar type is read back as it was sent") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  const std::string all_bytes("\0\1\xff\\x", 5);
  params p;
  p.boolean(true)
      .int2(std::numeric_limits<std::int16_t>::min())
      .int4(std::numeric_limits<std::int32_t>::max())
      .int8(std::numeric_limits<std::int64_t>::min())
      .text("naïve 🦋 \xE2\x80\x8D")
      .bytea(bytes(all_bytes))
      .timestamptz(1'732'361'696'123'456);
  const auto rows = must(on.exec("select $1::bool, $2::int2, $3::int4, $4::int8, $5::text,"
                                 " $6::bytea, $7::timestamptz,"
                                 " ($7 at time zone 'UTC')::text",
                                 p));
  REQUIRE(rows.rows() == 1);
  CHECK(rows.get_bool(0, 0));
  CHECK(rows.get_int2(0, 1) == std::numeric_limits<std::int16_t>::min());
  CHECK(rows.get_int4(0, 2) == std::numeric_limits<std::int32_t>::max());
  CHECK(rows.get_int8(0, 3) == std::numeric_limits<std::int64_t>::min());
  CHECK(rows.get_text(0, 4) == "naïve 🦋 \xE2\x80\x8D");
  CHECK(text(rows.get_bytea(0, 5)) == all_bytes);
  CHECK(rows.get_timestamptz(0, 6) == 1'732'361'696'123'456);
  CHECK(rows.get_text(0, 7) == "2024-11-23 11:34:56.123456");
}

TEST_CASE("an empty text and an empty bytea are not NULL, and NULL of every type is") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  params p;
  p.text("").bytea(bytes("")).boolean(std::nullopt).int2(std::nullopt).int4(std::nullopt);
  p.int8(std::nullopt).text(std::nullopt).bytea(std::nullopt).timestamptz(std::nullopt);
  const auto rows = must(on.exec("select $1, $2, $3, $4, $5, $6, $7, $8, $9", p));
  CHECK_FALSE(rows.is_null(0, 0));
  CHECK(rows.get_text(0, 0).empty());
  CHECK_FALSE(rows.is_null(0, 1));
  CHECK(rows.get_bytea(0, 1).empty());
  for (std::size_t column = 2; column < 9; ++column) {
    CAPTURE(column);
    CHECK(rows.is_null(0, column));
  }
  CHECK_FALSE(rows.opt_timestamptz(0, 8));
}

TEST_CASE("arrays of every type unnest to their elements, NULLs in their places") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  struct item {
    std::optional<bool> flag;
    std::optional<std::int16_t> small;
    std::optional<std::int32_t> medium;
    std::optional<std::int64_t> large;
    std::optional<std::string> name;
    std::optional<std::vector<std::byte>> block;
    std::optional<std::int64_t> at;
  };
  const std::array<item, 3> items{
      item{true, std::int16_t{-5}, 70'000, 5'000'000'000, "a,\"{}\\ b", {{std::byte{0}}}, 0},
      item{}, item{false, std::int16_t{0}, 0, 0, "", std::vector<std::byte>{}, -1}};
  params p;
  p.boolean_array(items, &item::flag)
      .int2_array(items, &item::small)
      .int4_array(items, &item::medium)
      .int8_array(items, &item::large)
      .text_array(items, &item::name)
      .bytea_array(items, &item::block)
      .timestamptz_array(items, &item::at);
  const auto rows = must(on.exec("select * from unnest($1::bool[], $2::int2[], $3::int4[],"
                                 " $4::int8[], $5::text[], $6::bytea[], $7::timestamptz[])",
                                 p));
  REQUIRE(rows.rows() == 3);
  CHECK(rows.get_bool(0, 0));
  CHECK(rows.get_int2(0, 1) == -5);
  CHECK(rows.get_int4(0, 2) == 70'000);
  CHECK(rows.get_int8(0, 3) == 5'000'000'000);
  CHECK(rows.get_text(0, 4) == "a,\"{}\\ b");
  CHECK(text(rows.get_bytea(0, 5)) == std::string("\0", 1));
  CHECK(rows.get_timestamptz(0, 6) == 0);
  for (std::size_t column = 0; column < 7; ++column) {
    CAPTURE(column);
    CHECK(rows.is_null(1, column));
    CHECK_FALSE(rows.is_null(2, column));
  }
  CHECK_FALSE(rows.get_bool(2, 0));
  CHECK(rows.get_text(2, 4).empty());
  CHECK(rows.get_timestamptz(2, 6) == -1);
}

TEST_CASE("empty arrays of every type are arrays without elements") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  params p;
  p.boolean_array(std::vector<bool>{})
      .int2_array(std::vector<std::int16_t>{})
      .int4_array(std::vector<std::int32_t>{})
      .int8_array(std::vector<std::int64_t>{})
      .text_array(std::vector<std::string>{})
      .bytea_array(std::vector<std::vector<std::byte>>{})
      .timestamptz_array(std::vector<std::int64_t>{});
  const auto rows =
      must(on.exec("select cardinality($1::bool[]), cardinality($2::int2[]),"
                   " cardinality($3::int4[]), cardinality($4::int8[]), cardinality($5::text[]),"
                   " cardinality($6::bytea[]), cardinality($7::timestamptz[])",
                   p));
  for (std::size_t column = 0; column < 7; ++column) {
    CAPTURE(column);
    CHECK_FALSE(rows.is_null(0, column));
    CHECK(rows.get_int4(0, column) == 0);
  }
}

TEST_CASE("the limits of PostgreSQL's timestamps are read without overflow") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  const auto rows = must(on.exec("select 'infinity'::timestamptz, '-infinity'::timestamptz,"
                                 " '294276-12-31 23:59:59.999999Z'::timestamptz,"
                                 " '4714-11-24 00:00:00Z BC'::timestamptz"));
  CHECK(rows.get_timestamptz(0, 0) == std::numeric_limits<std::int64_t>::max());
  CHECK(rows.get_timestamptz(0, 1) == std::numeric_limits<std::int64_t>::min());
  CHECK(rows.get_timestamptz(0, 2) == std::numeric_limits<std::int64_t>::max());
  params p;
  p.timestamptz(rows.get_timestamptz(0, 3));
  REQUIRE_FALSE(p.status());
  CHECK(must(on.exec("select ($1 at time zone 'UTC')::text", p)).get_text(0, 0) ==
        "4714-11-24 00:00:00 BC");
}

TEST_CASE("more than 65536 rows are sent and read in one statement") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  constexpr std::int64_t count = 200'000;
  std::vector<std::int64_t> numbers(count);
  for (std::int64_t i = 0; i < count; ++i)
    numbers[static_cast<std::size_t>(i)] = i * i;
  params p;
  p.int8_array(numbers).text_array(numbers, [](std::int64_t n) { return std::to_string(n); });
  const auto rows = must(on.exec("select * from unnest($1::int8[], $2::text[])", p));
  REQUIRE(rows.rows() == count);
  CHECK(rows.affected_rows() == count);
  for (std::size_t i = 0; i < count; ++i)
    if (rows.get_int8(i, 0) != numbers[i] || rows.get_text(i, 1) != std::to_string(numbers[i]))
      FAIL("row " << i << " differs");
}

TEST_CASE("invalid values are rejected with a matching SQLSTATE, and the connection stays open") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  const auto state_of = [&](const char* sql, const params& p) {
    const auto answer = on.exec(sql, p);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().cls == error_class::poison);
    CHECK(answer.error().statement == sql);
    return answer.error().sqlstate;
  };
  CHECK(state_of("select $1", params().text(std::string_view("a\0b", 3))) == "22021");
  CHECK(state_of("select $1", params().text("\xC3\x28")) == "22021");
  CHECK(state_of("select $1::jsonb", params().text("{\"a\":")) == "22P02");
  CHECK(state_of("select $1::jsonb", params().text(R"({"a":"\u0000"})")) == "22P05");
  CHECK(must(on.exec("select 1")).get_int4(0, 0) == 1);
}

TEST_CASE("reading a wrong cell or type of a result is an error of the program") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  const auto rows = must(on.exec("select 1::int4, 'a'::text, 2::int2"));
  CHECK(rows.get_int8(0, 0) == 1); // widening is fine
  CHECK(rows.get_int8(0, 2) == 2);
  CHECK_THROWS_AS(rows.get_int4(1, 0), std::logic_error);
  CHECK_THROWS_AS(rows.get_int4(0, 3), std::logic_error);
  CHECK_THROWS_AS(rows.get_int4(0, 1), std::logic_error);
  CHECK_THROWS_AS(rows.get_text(0, 0), std::logic_error);
  CHECK_THROWS_AS(result().get_text(0, 0), std::logic_error);
}

TEST_CASE("texts of json, name and enum columns can be read") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  REQUIRE(on.exec("create type mood as enum ('sad', 'happy')"));
  const auto rows =
      must(on.exec("select '{\"a\": 1}'::json, 'x'::name, 'happy'::mood, 'v'::varchar"));
  CHECK(rows.get_text(0, 0) == "{\"a\": 1}");
  CHECK(rows.get_text(0, 1) == "x");
  CHECK(rows.get_text(0, 2) == "happy");
  CHECK(rows.get_text(0, 3) == "v");
}
