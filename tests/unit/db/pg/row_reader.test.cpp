#include "db/pg/row_reader.hpp"
#include "db/pg/connection.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism::db;
using prism::test::connect_to;
using prism::test::must;
using prism::test::pg_fixture;

namespace {

enum class color : std::int16_t { red = 1, blue = 2 };

const std::vector<std::byte> two_bytes{std::byte{0}, std::byte{255}};

[[nodiscard]] result select(const char* sql) {
  return must(connect_to(pg_fixture::fresh_database()).exec(sql));
}

} // namespace

TEST_CASE("a row reader reads the columns of one row in their order") {
  const auto rows = select(R"sql(
    SELECT * FROM (VALUES
      (1, true, 2::int2, 3::int4, 4::int8, 'a', 'b', '\x00ff'::bytea, '\x00ff'::bytea, 2::int2,
       '1970-01-01 00:00:01Z'::timestamptz),
      (2, false, -2::int2, -3::int4, -4::int8, '', 'ä', ''::bytea, ''::bytea, 1::int2,
       '1969-12-31 23:59:59Z'::timestamptz)
    ) AS v(id, flag, small, medium, large, name, view, bytes, block, shade, at)
    ORDER BY id
  )sql");
  std::int32_t id{};
  bool flag{};
  std::int16_t small{};
  std::int32_t medium{};
  std::int64_t large{};
  std::string name;
  std::string_view view;
  std::span<const std::byte> bytes;
  std::vector<std::byte> block;
  color shade{};
  std::int64_t at{};
  row_reader(rows, 0) >> id >> flag >> small >> medium >> large >> name >> view >> bytes >> block >>
      shade >> timestamp(at);
  CHECK(id == 1);
  CHECK(flag);
  CHECK(small == 2);
  CHECK(medium == 3);
  CHECK(large == 4);
  CHECK(name == "a");
  CHECK(view == "b");
  CHECK(std::vector<std::byte>(bytes.begin(), bytes.end()) == two_bytes);
  CHECK(block == two_bytes);
  CHECK(shade == color::blue);
  CHECK(at == 1'000'000);

  row_reader(rows, 1) >> id >> flag >> small >> medium >> large >> name >> view >> bytes >> block >>
      shade >> timestamp(at);
  CHECK(id == 2);
  CHECK_FALSE(flag);
  CHECK(small == -2);
  CHECK(medium == -3);
  CHECK(large == -4);
  CHECK(name.empty());
  CHECK(view == "ä");
  CHECK(bytes.empty());
  CHECK(block.empty());
  CHECK(shade == color::red);
  CHECK(at == -1'000'000);
}

TEST_CASE("a row reader reads NULL as zero, or as an empty optional") {
  const auto rows = select(R"sql(
    SELECT NULL::int8, NULL::text, NULL::bytea, NULL::timestamptz,
      NULL::int8, NULL::text, NULL::bytea, NULL::timestamptz
  )sql");
  std::int64_t number = 1;
  std::string text = "x";
  std::vector<std::byte> bytes = two_bytes;
  std::int64_t at = 1;
  std::optional<std::int64_t> no_number = 1;
  std::optional<std::string> no_text = "x";
  std::optional<std::vector<std::byte>> no_bytes = two_bytes;
  std::optional<std::int64_t> no_time = 1;
  row_reader(rows, 0) >> number >> text >> bytes >> timestamp(at) >> no_number >> no_text >>
      no_bytes >> timestamp(no_time);
  CHECK(number == 0);
  CHECK(text.empty());
  CHECK(bytes.empty());
  CHECK(at == 0);
  CHECK_FALSE(no_number);
  CHECK_FALSE(no_text);
  CHECK_FALSE(no_bytes);
  CHECK_FALSE(no_time);
}

TEST_CASE("a row reader fills optionals and goes on with the next column") {
  const auto rows = select("SELECT 5::int8, 'x', '1970-01-01 00:00:02Z'::timestamptz, 7::int4");
  std::optional<std::int64_t> number;
  std::optional<std::string> text;
  std::optional<std::int64_t> at;
  std::int32_t last{};
  row_reader(rows, 0) >> number >> text >> timestamp(at) >> last;
  CHECK(number == 5);
  CHECK(text == "x");
  CHECK(at == 2'000'000);
  CHECK(last == 7);
}

TEST_CASE("a row reader leaves out a column on request") {
  const auto rows = select("SELECT 1::int4, 'skipped', 3::int4");
  std::int32_t first{};
  std::int32_t third{};
  row_reader row(rows, 0);
  row >> first;
  row.skip() >> third;
  CHECK(first == 1);
  CHECK(third == 3);
}

TEST_CASE("a row reader throws for a column too many and for another type") {
  const auto rows = select("SELECT 1::int4, 'a'");
  std::int32_t number{};
  std::string text;
  CHECK_THROWS_AS(row_reader(rows, 0) >> text, std::logic_error);
  CHECK_THROWS_AS(row_reader(rows, 0) >> number >> number, std::logic_error);
  CHECK_THROWS_AS(row_reader(rows, 0) >> number >> text >> text, std::logic_error);
  CHECK_THROWS_AS(row_reader(rows, 1) >> number, std::logic_error);
  std::optional<std::int32_t> none;
  CHECK_THROWS_AS(row_reader(rows, 0).skip().skip() >> none, std::logic_error);
}

TEST_CASE("read_rows reads every row of a result") {
  struct pair {
    std::int32_t id{};
    std::string name;
  };
  const auto rows = select("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v ORDER BY 1");
  const auto read = [](pair& row, row_reader& columns) { columns >> row.id >> row.name; };
  const auto pairs = read_rows<pair>(rows, read);
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0].id == 1);
  CHECK(pairs[1].name == "b");
  CHECK(read_rows<pair>(select("SELECT 1, 'a' WHERE false"), read).empty());
}
