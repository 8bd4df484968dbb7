#include "tests/integration/query_helpers.hpp"

#include "atproto/syntax/tid.hpp"
#include "db/pg/connection.hpp"
#include "db/schema/migration.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

TEST_CASE("migration 12 forgets the heads of repos whose rev is in the future, and no other") {
  auto on = db::connection::open({.conninfo = pg_fixture::migrated_database()}).value();
  const auto add = [&](int id, std::chrono::microseconds ahead) {
    const auto moment = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch() + ahead);
    const atproto::tid rev{static_cast<std::uint64_t>(moment.count()) << 10U};
    must(on.exec_script(fmt::format("INSERT INTO repos(user_id, rev, commit_cid, commit_time) "
                                    "VALUES ({}, '{}', '', now())",
                                    id, rev.to_string())));
  };
  add(1, -1h);
  add(2, 0s);
  add(3, 4min);
  add(4, 6min);
  add(5, 24h * 365 * 70);
  const auto steps = db::embedded_migrations();
  const auto step = std::ranges::find(steps, 12, &db::migration::version);
  REQUIRE(step != steps.end());
  must(on.exec_script(std::string{step->sql}));
  CHECK(value(on, "SELECT string_agg(user_id::text, ' ' ORDER BY user_id) FROM repos") == "1 2 3");
}
