#include "db/batch/notification.hpp"
#include "db/pg/statement.hpp"
#include "db/schema/migration.hpp"
#include "tests/integration/statements/numbers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/prismd/print_statements.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <utility>

// Each statement of db/ against the schema, and the numbers of enums in SQL against the enums.

using namespace prism;
using namespace prism::test;
using db::notification_reason;

namespace {

/// The numbers as a list of SQL: "4,5,6".
[[nodiscard]] std::string listed(std::initializer_list<notification_reason> reasons) {
  std::string out;
  for (const auto reason : reasons)
    out += fmt::format("{}{}", out.empty() ? "" : ",", static_cast<int>(reason));
  return out;
}

/// The reasons of notifications that a post, a verification or a starter pack's profile caused. The
/// index notifications_author has only these.
const std::string indexed_reasons =
    listed({notification_reason::mention, notification_reason::reply, notification_reason::quote,
            notification_reason::starterpack_joined, notification_reason::verified,
            notification_reason::unverified});

/// Migrations have no comments beside numbers, since their texts may not change once applied. Here
/// is what each of them compares a column with.
const std::map<std::pair<std::string, std::string>, std::vector<std::string>> migration_numbers{
    {{"0003_derived", "reason"}, {indexed_reasons}}};

[[nodiscard]] const db::registered_statement& statement_of(std::string_view name,
                                                           const auto& statements) {
  const auto found = std::ranges::find(statements, name, &db::registered_statement::name);
  REQUIRE(found != statements.end());
  return *found;
}

} // namespace

TEST_CASE("statements of every room are registered, under names of their own") {
  const auto statements = db::all_statements();
  // One that is composed for each table, and one of each room that has any.
  for (const auto* name :
       {"likes_insert", "profiles_remove", "begin", "migrations_applied", "notifications"})
    CHECK(statement_of(name, statements).name == name);
  CHECK(statements.size() > 140);
  std::set<std::string_view> names;
  for (const auto& each : statements) {
    CAPTURE(each.name);
    CHECK(names.insert(each.name).second);
    CHECK(each.name.size() <= 63);
  }
}

TEST_CASE("PostgreSQL prepares every statement on the schema of the migrations") {
  auto connection = connect_to(pg_fixture::migrated_database());
  for (const auto& [name, sql] : db::all_statements()) {
    CAPTURE(name, sql);
    if (sql == "COMMIT" || sql.starts_with("BEGIN"))
      continue; // PREPARE does not take them
    const auto done = connection.exec_script(fmt::format("PREPARE {} AS {}", name, sql));
    if (!done)
      FAIL_CHECK(db::describe(done.error()));
  }
}

TEST_CASE("psql takes what prismd --print-statements prints") {
  auto connection = connect_to(pg_fixture::migrated_database());
  const auto text = tools::statements_text();
  must(connection.exec_script(text));
  const auto prepared = must(connection.exec("SELECT count(*) FROM pg_prepared_statements"
                                             " WHERE from_sql"));
  CHECK(prepared.get_int8(0, 0) + 2 ==
        static_cast<std::int64_t>(db::all_statements().size())); // without BEGIN and COMMIT
  CHECK(text.find("-- commit: COMMIT;\n") != std::string::npos);
}

TEST_CASE("numbers of collections and reasons in statements stand with their names") {
  const auto columns = columns_with_numbers();
  for (const auto& [name, sql] : db::all_statements()) {
    CAPTURE(name, sql);
    CHECK(wrong_numbers(sql, columns) == std::vector<std::string>{});
  }
}

TEST_CASE("the check of numbers finds wrong and missing names") {
  const auto columns = columns_with_numbers();
  const auto wrong = [&](std::string_view sql) { return wrong_numbers(sql, columns).size(); };
  CHECK(wrong("u.collection = 7 /* follow */ AND n.reason IN (3 /* follow */, 4 /* mention */)") ==
        0);
  CHECK(wrong("CASE u.collection WHEN 1 /* post */ THEN 0 END") == 0);
  CHECK(wrong("collection = $1 AND n.reason IN ($2, $3)") == 0);
  CHECK(wrong("collection = 7") == 1);
  CHECK(wrong("collection <> 17") == 1);
  CHECK(wrong("reason NOT IN (4 /* mention */, 5)") == 1);
  CHECK(wrong("CASE reason WHEN 1 THEN 0 END") == 1);
  CHECK(wrong("reason = 7 /* follow */") == 1);
  CHECK(wrong("collection = 7 /* folow */") == 1);
  CHECK(wrong("SELECT 7 /* follow */") == 1);
}

TEST_CASE("numbers of collections and reasons in migrations are those of the enums") {
  for (const auto& migration : db::embedded_migrations())
    for (const auto& [column, names] : columns_with_numbers()) {
      CAPTURE(migration.label(), column);
      const auto expected = migration_numbers.find({migration.label(), column});
      CHECK(compared_numbers(migration.sql, column) ==
            (expected == migration_numbers.end() ? std::vector<std::string>{} : expected->second));
    }
}

TEST_CASE("a live index has the predicate of the enum's constants") {
  auto connection = connect_to(pg_fixture::migrated_database());
  const auto rows = must(connection.exec(R"sql(
    SELECT indexrelid::regclass::text, pg_get_expr(indpred, indrelid)
    FROM pg_index
    WHERE pg_get_expr(indpred, indrelid) ~ '\m(reason|collection)\M'
  )sql"));
  REQUIRE(rows.rows() == 1);
  CHECK(rows.get_text(0, 0) == "notifications_author");
  std::string predicate(rows.get_text(0, 1));
  std::erase(predicate, ' ');
  CHECK(predicate == "(reason=ANY(ARRAY[" + indexed_reasons + "]))");
}

TEST_CASE("statements that name these reasons repeat the index's predicate") {
  // The planner takes a partial index only if the condition implies the index's.
  const auto joined = fmt::format("{}", static_cast<int>(notification_reason::starterpack_joined));
  std::size_t found = 0;
  for (const auto& [name, sql] : db::all_statements())
    for (const auto& numbers : compared_numbers(sql, "reason"))
      if (("," + numbers + ",").find("," + joined + ",") != std::string::npos) {
        CAPTURE(name);
        CHECK(numbers == indexed_reasons);
        ++found;
      }
  CHECK(found >= 3); // of a record, of posts, of an account
}
