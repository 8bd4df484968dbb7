#include "db/pg/pipeline.hpp"
#include "db/pg/transaction.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::db;
using prism::test::must;

namespace {

const statement insert_t{"insert_t", "insert into t (x) select unnest($1::int4[]) returning x"};
const statement sum_t{"sum_t", "select coalesce(sum(x), 0) from t"};

connection with_table() {
  // No time limit: the duration depends on the machine, and ctest ends a deadlock.
  auto on = must(connection::open({.conninfo = test::pg_fixture::fresh_database(),
                                   .default_timeout = std::chrono::milliseconds{0}}));
  must(on.exec_script("create table t (x int4 unique)"));
  return on;
}

std::int64_t row_count(connection& on) {
  return must(on.exec("select count(*) from t")).get_int8(0, 0);
}

} // namespace

TEST_CASE("the results of a pipeline are in the order of its statements") {
  auto on = with_table();
  pipeline p(on);
  CHECK(p.add(insert_t, params().int4_array(std::vector{1, 2, 3})) == 0);
  CHECK(p.add("select $1::text", params().text("between")) == 1);
  CHECK(p.add(insert_t, params().int4_array(std::vector{4})) == 2);
  CHECK(p.add(sum_t) == 3);
  const auto results = must(p.sync());
  REQUIRE(results.size() == 4);
  CHECK(results[0].rows() == 3);
  CHECK(results[1].get_text(0, 0) == "between");
  CHECK(results[2].get_int4(0, 0) == 4);
  CHECK(results[3].get_int8(0, 0) == 10);
  CHECK(p.empty());
}

TEST_CASE("an empty pipeline sends nothing") {
  auto on = with_table();
  CHECK(must(pipeline(on).sync()).empty());
}

TEST_CASE("the first error of a pipeline stops the rest, is named, and nothing is kept") {
  auto on = with_table();
  pipeline p(on);
  p.add(insert_t, params().int4_array(std::vector{1}));
  p.add(insert_t, params().int4_array(std::vector{2, 2}));
  p.add(sum_t);
  const auto answer = p.sync();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "23505");
  CHECK(answer.error().cls == error_class::poison);
  CHECK(answer.error().statement == "insert_t");
  CHECK(answer.error().message.find("(x)=(2)") != std::string::npos);
  CHECK(row_count(on) == 0);
  // sum_t has not been prepared, insert_t has: both work afterwards.
  p.add(insert_t, params().int4_array(std::vector{5}));
  p.add(sum_t);
  CHECK(must(p.sync())[1].get_int8(0, 0) == 5);
}

TEST_CASE("a rejected parameter prevents the whole pipeline from being sent") {
  auto on = with_table();
  pipeline p(on);
  p.add(insert_t, params().int4_array(std::vector{1}));
  p.add("select $1", params().text(std::string_view("\0", 1)));
  const auto answer = p.sync();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "22021");
  CHECK(answer.error().statement == "select $1");
  CHECK(row_count(on) == 0);
}

TEST_CASE("a syntax error in a pipeline is the error of its statement") {
  const statement nonsense{"nonsense", "selekt 1"};
  auto on = with_table();
  pipeline p(on);
  p.add(sum_t);
  p.add(nonsense);
  p.add(sum_t);
  const auto answer = p.sync();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "42601");
  CHECK(answer.error().statement == "nonsense");
  CHECK(must(on.exec_prepared(sum_t)).rows() == 1);
}

TEST_CASE("a pipeline of 100 MB in both directions does not deadlock") {
  const statement echo{"echo", "select unnest($1::bytea[])"};
  constexpr std::size_t statements = 100;
  const std::vector<std::vector<std::byte>> megabyte(
      16, std::vector<std::byte>(std::size_t{1} << 16, std::byte{0x5A}));
  auto on = with_table();
  pipeline p(on);
  for (std::size_t i = 0; i < statements; ++i)
    p.add(echo, params().bytea_array(megabyte));
  const auto results = must(p.sync());
  REQUIRE(results.size() == statements);
  std::size_t bytes = 0;
  for (const auto& rows : results)
    for (std::size_t i = 0; i < rows.rows(); ++i)
      bytes += rows.get_bytea(i, 0).size();
  CHECK(bytes == statements << 20);
}

TEST_CASE("a statement of 100 MB and a much larger result are transferred") {
  auto on = with_table();
  const std::vector<std::byte> large(std::size_t{100} << 20, std::byte{1});
  const auto rows = must(on.exec("select length($1), repeat('x', 60000000)"
                                 " from generate_series(1, 2)",
                                 params().bytea(large)));
  REQUIRE(rows.rows() == 2);
  CHECK(rows.get_int4(0, 0) == 100 << 20);
  CHECK(rows.get_text(1, 1).size() == 60'000'000);
}

TEST_CASE("a backend killed in the middle of a large pipeline is a transient error") {
  auto on = with_table();
  const std::vector<std::byte> megabyte(std::size_t{1} << 20, std::byte{1});
  pipeline p(on);
  for (int i = 0; i < 20; ++i)
    p.add("select length($1)", params().bytea(megabyte));
  p.add("select pg_terminate_backend(pg_backend_pid())");
  for (int i = 0; i < 60; ++i)
    p.add("select length($1)", params().bytea(megabyte));
  const auto answer = p.sync();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().cls == error_class::transient);
  CHECK_FALSE(on.is_open());
  must(on.reconnect());
  CHECK(row_count(on) == 0);
}

TEST_CASE("many small statements in one pipeline all have their result") {
  auto on = with_table();
  constexpr std::int32_t count = 20'000;
  pipeline p(on);
  for (std::int32_t i = 0; i < count; ++i)
    p.add(insert_t, params().int4_array(std::vector{i}));
  const auto results = must(p.sync());
  REQUIRE(results.size() == count);
  CHECK(results[12'345].get_int4(0, 0) == 12'345);
  CHECK(row_count(on) == count);
}
