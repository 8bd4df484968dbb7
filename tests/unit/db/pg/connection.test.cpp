#include "db/pg/connection.hpp"
#include "log/output.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <sstream>

using namespace prism;
using namespace prism::db;
using namespace std::chrono_literals;
using Catch::Contains;
using prism::test::connect_to;
using prism::test::must;

namespace {

const statement plus_one{"plus_one", "select $1 + 1"};

std::int64_t prepared_count(connection& on) {
  return must(on.exec("select count(*) from pg_prepared_statements where name like 'plus%'"))
      .get_int8(0, 0);
}

bool is_sleeping(connection& watcher, int pid) {
  return must(watcher.exec("select exists(select from pg_stat_activity where pid = $1"
                           " and wait_event = 'PgSleep')",
                           params().int4(pid)))
      .get_bool(0, 0);
}

} // namespace

TEST_CASE("a statement is prepared on first use and only once per connection") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  CHECK(prepared_count(on) == 0);
  for (std::int64_t i = 0; i < 3; ++i)
    CHECK(must(on.exec_prepared(plus_one, params().int8(i))).get_int8(0, 0) == i + 1);
  CHECK(prepared_count(on) == 1);
  auto other = connect_to(test::pg_fixture::admin_database());
  CHECK(must(other.exec_prepared(plus_one, params().int8(1))).get_int8(0, 0) == 2);
}

TEST_CASE("a statement whose preparation failed can be used once the cause is removed") {
  const statement read{"read_later", "select x from later"};
  auto on = connect_to(test::pg_fixture::fresh_database());
  const auto early = on.exec_prepared(read);
  REQUIRE_FALSE(early);
  CHECK(early.error().sqlstate == "42P01");
  CHECK(early.error().cls == error_class::fatal);
  CHECK(early.error().statement == "read_later");
  must(on.exec_script("create table later (x int); insert into later values (4)"));
  CHECK(must(on.exec_prepared(read)).get_int4(0, 0) == 4);
}

TEST_CASE("a prepared statement with other parameter types is rejected before it is sent") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(on.exec_prepared(plus_one, params().int8(1)));
  const auto mixed = on.exec_prepared(plus_one, params().int4(1));
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().sqlstate == "42804");
  CHECK(mixed.error().cls == error_class::fatal);
}

TEST_CASE("two different statements with one name are rejected") {
  const statement impostor{"plus_one", "select $1 + 2"};
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(on.exec_prepared(plus_one, params().int8(1)));
  const auto refused = on.exec_prepared(impostor, params().int8(1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sqlstate == "42710");
}

TEST_CASE("a pooler that forgets prepared statements costs nothing outside a transaction") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(on.exec_prepared(plus_one, params().int8(1)));
  must(on.exec_script("deallocate all")); // as on another server connection
  CHECK(must(on.exec_prepared(plus_one, params().int8(1))).get_int8(0, 0) == 2);
  CHECK(prepared_count(on) == 0);
}

TEST_CASE("a pooler that forgets prepared statements costs one transient error in a transaction") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(on.exec_prepared(plus_one, params().int8(1)));
  must(on.exec_script("deallocate all; begin"));
  const auto first = on.exec_prepared(plus_one, params().int8(1));
  REQUIRE_FALSE(first);
  CHECK(first.error().sqlstate == "26000");
  CHECK(first.error().cls == error_class::transient);
  must(on.exec_script("rollback"));
  CHECK(must(on.exec_prepared(plus_one, params().int8(1))).get_int8(0, 0) == 2);
  CHECK(prepared_count(on) == 0);
}

TEST_CASE("without prepared statements everything works the same") {
  auto on = must(connection::open(
      {.conninfo = test::pg_fixture::fresh_database(), .prepared_statements = false}));
  CHECK(must(on.exec_prepared(plus_one, params().int8(1))).get_int8(0, 0) == 2);
  CHECK(prepared_count(on) == 0);
}

TEST_CASE("a script runs several commands and reports the one that fails") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(on.exec_script("create table t (x int); insert into t values (1), (2);"));
  CHECK(must(on.exec("select count(*) from t")).get_int8(0, 0) == 2);
  const auto failed = on.exec_script("insert into t values (3); insert into t values ('x')");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().sqlstate == "22P02");
  CHECK(must(on.exec("select count(*) from t")).get_int8(0, 0) == 2);
}

TEST_CASE("affected rows and the command tag are available") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  must(on.exec_script("create table t (x int)"));
  const auto inserted = must(on.exec("insert into t select generate_series(1, 7)"));
  CHECK(inserted.affected_rows() == 7);
  CHECK(inserted.command_tag() == "INSERT 0 7");
  CHECK(must(on.exec("delete from t where x > 5")).affected_rows() == 2);
  CHECK(must(on.exec("create table u (x int)")).affected_rows() == 0);
}

TEST_CASE("COPY is rejected, and the connection can be opened again") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  const auto copied = on.exec_script("copy (select 1) to stdout");
  REQUIRE_FALSE(copied);
  CHECK(copied.error().sqlstate == "0A000");
  must(on.reconnect());
  CHECK(must(on.exec("select 1")).get_int4(0, 0) == 1);
}

TEST_CASE("a statement over the deadline is cancelled in the server") {
  const auto database = test::pg_fixture::fresh_database();
  auto on = connect_to(database);
  auto watcher = connect_to(database);
  on.set_deadline(connection::clock::now() + 100ms);
  const auto answer = on.exec("select pg_sleep(60)");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57014");
  CHECK_THAT(answer.error().message, Contains("deadline"));
  CHECK_FALSE(is_sleeping(watcher, on.backend_pid()));
  const auto next = on.exec("select 1");
  REQUIRE_FALSE(next); // the deadline is still in the past
  CHECK(next.error().sqlstate == "57014");
  on.set_deadline(connection::default_deadline);
  CHECK(must(on.exec("select 1")).get_int4(0, 0) == 1);
}

TEST_CASE("outside transactions the default time limit applies") {
  auto on = must(connection::open({.conninfo = test::pg_fixture::fresh_database(),
                                   .default_timeout = 100ms,
                                   .cancel_grace = 2min}));
  const auto answer = on.exec_script("select pg_sleep(60)");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57014");
}

TEST_CASE("a killed backend is a transient error, and reconnecting gives a new one") {
  const auto database = test::pg_fixture::fresh_database();
  auto on = connect_to(database);
  auto killer = connect_to(database);
  const int before = on.backend_pid();
  must(on.exec_prepared(plus_one, params().int8(1)));
  must(killer.exec("select pg_terminate_backend($1, 60000)", params().int4(before)));
  const auto answer = on.exec_prepared(plus_one, params().int8(1));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "57P01");
  CHECK(answer.error().cls == error_class::transient);
  CHECK_FALSE(on.is_open());
  CHECK(on.exec("select 1").error().sqlstate == "08003");
  must(on.reconnect());
  CHECK(on.backend_pid() != before);
  CHECK(must(on.exec_prepared(plus_one, params().int8(1))).get_int8(0, 0) == 2);
}

TEST_CASE("a rejected login has its SQLSTATE") {
  const auto conninfo = test::pg_fixture::fresh_database();
  const auto no_database = connection::open({.conninfo = conninfo + " dbname=no"});
  REQUIRE_FALSE(no_database);
  CHECK(no_database.error().sqlstate == "3D000");
  CHECK(no_database.error().cls == error_class::fatal);
  CHECK_THAT(no_database.error().message, Contains("\"no\"") && !Contains("LOCATION"));
  const auto no_role = connection::open({.conninfo = conninfo + " user=nobody_here"});
  REQUIRE_FALSE(no_role);
  CHECK(no_role.error().sqlstate == "28000");
}

TEST_CASE("a database that does not accept connections at the moment is a transient error") {
  const auto conninfo = test::pg_fixture::fresh_database();
  const auto name =
      std::string{must(connect_to(conninfo).exec("select current_database()")).get_text(0, 0)};
  auto admin = connect_to(test::pg_fixture::admin_database());
  must(admin.exec_script("alter database " + name + " allow_connections false"));
  const auto closed = connection::open({.conninfo = conninfo});
  must(admin.exec_script("alter database " + name + " allow_connections true"));
  REQUIRE_FALSE(closed);
  CHECK(closed.error().sqlstate == "55000");
  CHECK(closed.error().cls == error_class::transient);
  CHECK_THAT(closed.error().message, Contains("not currently accepting connections"));
  // From a statement the same state is fatal.
  auto on = connect_to(conninfo);
  must(on.exec_script("create sequence s"));
  const auto early = on.exec("select currval('s')");
  REQUIRE_FALSE(early);
  CHECK(early.error().sqlstate == "55000");
  CHECK(early.error().cls == error_class::fatal);
}

TEST_CASE("notices of the server are logged, warnings one level higher") {
  auto on = connect_to(test::pg_fixture::fresh_database());
  std::ostringstream text;
  const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  log::add_sink(sink);
  log::set_usual_level(log::level::debug);
  must(on.exec_script(
      "do $$ begin raise notice 'hear'; raise warning 'listen' using errcode = '01P77'; end $$"));
  log::set_usual_level(log::level::info);
  log::remove_sink(sink);
  CHECK_THAT(text.str(), Contains("[debug] [DB] server notice: hear"));
  CHECK_THAT(text.str(), Contains("[info] [DB] server notice: listen"));
}
