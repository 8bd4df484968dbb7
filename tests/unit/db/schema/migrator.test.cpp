#include "db/schema/migrator.hpp"

#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <future>

using namespace prism;
using namespace prism::db;
using namespace std::chrono_literals;
using Catch::Contains;
using prism::test::connect_to;
using prism::test::must;

namespace {

constexpr migration tables{1, "tables", "create table a (x int); create table b (x int);"};
constexpr migration rows{2, "rows", "insert into a select generate_series(1, 3)"};
constexpr migration broken{3, "broken", "insert into a values (4); insert into nowhere values (1)"};
constexpr migration indexes{3, "indexes",
                            "-- prism: no-transaction\n"
                            "drop index concurrently if exists a_x;\n"
                            "create index concurrently a_x on a (x);\n"};

std::int64_t count(connection& on, const std::string& from) {
  return must(on.exec("select count(*) from " + from)).get_int8(0, 0);
}

} // namespace

TEST_CASE("every migration is applied once to an empty database, in order, with its checksum") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  const std::vector known{tables, rows};
  const auto report = must(migrate(on, known));
  CHECK(report.version_before == 0);
  CHECK(report.version_now == 2);
  CHECK(report.applied == std::vector<std::string>{"0001_tables", "0002_rows"});
  CHECK(count(on, "a") == 3);
  const auto again = must(migrate(on, known));
  CHECK(again.version_before == 2);
  CHECK(again.applied.empty());
  CHECK(count(on, "a") == 3);
  const auto rows_of_table =
      must(on.exec("select name, checksum = sha256(convert_to($1, 'UTF8')), applied_at <= now()"
                   " from schema_migrations where version = 2",
                   params().text(rows.sql)));
  CHECK(rows_of_table.get_text(0, 0) == "rows");
  CHECK(rows_of_table.get_bool(0, 1));
  CHECK(rows_of_table.get_bool(0, 2));
}

TEST_CASE("a later program applies only what is new") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(migrate(on, std::vector{tables}));
  const auto report = must(migrate(on, std::vector{tables, rows, indexes}));
  CHECK(report.version_before == 1);
  CHECK(report.applied == std::vector<std::string>{"0002_rows", "0003_indexes"});
}

TEST_CASE("a failing migration is rolled back, stops the others and is named") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  const auto answer = migrate(on, std::vector{tables, rows, broken});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "42P01");
  CHECK_THAT(answer.error().message, Contains("0003_broken"));
  CHECK(count(on, "a") == 3);
  CHECK(count(on, "schema_migrations") == 2);
}

TEST_CASE("a changed migration is an error before anything is applied") {
  constexpr migration edited{1, "tables", "create table a (x bigint)"};
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(migrate(on, std::vector{tables}));
  const auto answer = migrate(on, std::vector{edited, rows});
  REQUIRE_FALSE(answer);
  CHECK_THAT(answer.error().message, Contains("0001_tables was changed"));
  CHECK(count(on, "schema_migrations") == 1);
}

TEST_CASE("a changed checksum in the database is detected") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(migrate(on, std::vector{tables}));
  must(on.exec("update schema_migrations set checksum = '\\x00'"));
  CHECK_THAT(migrate(on, std::vector{tables}).error().message, Contains("0001_tables was changed"));
}

TEST_CASE("the database of a newer program is an error") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(migrate(on, std::vector{tables, rows}));
  const auto answer = migrate(on, std::vector{tables});
  REQUIRE_FALSE(answer);
  CHECK_THAT(answer.error().message, Contains("0002_rows") && Contains("newer program"));
}

TEST_CASE("programs that migrate at the same time apply every migration once") {
  constexpr migration slow{2, "slow", "insert into a select 1 from pg_sleep(0.3)"};
  const auto database = test::pg_fixture::fresh_database();
  const std::vector known{tables, slow, indexes};
  std::vector<std::future<outcome<migration_report>>> programs;
  for (int i = 0; i < 4; ++i)
    programs.push_back(std::async(std::launch::async, [&] {
      auto on = connect_to(database);
      return migrate(on, known);
    }));
  std::size_t applied = 0;
  for (auto& program : programs)
    applied += must(program.get()).applied.size();
  CHECK(applied == 3);
  auto on = connect_to(database);
  CHECK(count(on, "a") == 1);
  CHECK(must(migrate(on, known)).applied.empty());
}

TEST_CASE("a migration lock that is not released in time is an error") {
  const auto database = test::pg_fixture::fresh_database();
  auto other = connect_to(database);
  must(
      other.exec_script("begin; select pg_advisory_xact_lock(x'70726973'::int, x'6d696772'::int)"));
  auto on = connect_to(database);
  const auto answer = migrate(on, std::vector{tables}, {.lock_timeout = 1ms});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "55P03");
  CHECK_THAT(answer.error().message, Contains("another process"));
  other.close();
  must(migrate(on, std::vector{tables}));
}

TEST_CASE("a migration marked no-transaction runs outside one, and again after a crash") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(migrate(on, std::vector{tables, rows}));
  // The state after a crash between CREATE INDEX CONCURRENTLY and the row in schema_migrations.
  must(on.exec("create index concurrently a_x on a (x)"));
  must(migrate(on, std::vector{tables, rows, indexes}));
  CHECK(must(on.exec("select indisvalid from pg_index where indexrelid = 'a_x'::regclass"))
            .get_bool(0, 0));
  CHECK(count(on, "schema_migrations") == 3);
}

TEST_CASE("the program's own migrations create the schema in an empty database") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  const auto report = must(migrate(on));
  CHECK(report.applied.size() == embedded_migrations().size());
  CHECK(must(migrate(on)).applied.empty());
}
