#include "actors/node/database_check.hpp"

#include "actors/node/start_errors.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

namespace {

/// A new database of the test's server with this encoding.
[[nodiscard]] std::string database_with(const std::string& encoding) {
  const std::string name = "encoded_" + encoding;
  auto admin = must(db::connection::open({.conninfo = pg_fixture::admin_database()}));
  must(admin.exec_script(fmt::format("CREATE DATABASE \"{}\" ENCODING '{}' LOCALE 'C' "
                                     "TEMPLATE template0",
                                     name, encoding)));
  return pg_fixture::admin_database() + fmt::format(" dbname='{}'", name);
}

} // namespace

TEST_CASE("a database of this PostgreSQL in UTF8 is accepted") {
  auto connection = must(db::connection::open({.conninfo = pg_fixture::fresh_database()}));
  CHECK(check_database(connection));
}

TEST_CASE("a PostgreSQL older than required is rejected with both versions") {
  auto connection = must(db::connection::open({.conninfo = pg_fixture::fresh_database()}));
  const auto version = connection.server_version();
  REQUIRE(version >= min_server_version);
  CHECK(check_database(connection, version)); // just new enough
  const auto checked = check_database(connection, 990'000);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == errc::invalid);
  CHECK(checked.error().message ==
        fmt::format("PostgreSQL {}.{} is too old: prismd needs version 99 or later",
                    version / 10'000, version % 10'000));
}

TEST_CASE("a database in another encoding than UTF8 is rejected") {
  for (const std::string encoding : {"SQL_ASCII", "LATIN1"}) {
    INFO(encoding);
    auto connection = must(db::connection::open({.conninfo = database_with(encoding)}));
    const auto checked = check_database(connection);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == errc::invalid);
    CHECK_THAT(checked.error().message, Catch::StartsWith("the encoding of the database is " +
                                                          encoding + ", but prismd needs UTF8"));
  }
}

TEST_CASE("a lost connection is no verdict on the database") {
  auto connection = must(db::connection::open({.conninfo = pg_fixture::fresh_database()}));
  connection.close();
  const auto checked = check_database(connection, 0);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == errc::transient);
}

TEST_CASE("the exit code of a failed start says whether a restart can help") {
  CHECK(exit_code_of(errc::cancelled) == exit_code::success);
  CHECK(exit_code_of(errc::invalid) == exit_code::configuration);
  CHECK(exit_code_of(errc::fatal) == exit_code::unavailable);
  CHECK(exit_code_of(errc::transient) == exit_code::unavailable);
  CHECK(to_int(exit_code::configuration) == 78);
}
