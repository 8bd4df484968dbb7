#include "db/accounts/purge.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

// An account may have more rows than one transaction can delete within its deadline.

using namespace prism;
using namespace prism::test;

namespace {

constexpr int follows = 2'300;
constexpr int followers = 1'300;

// How many rows each transaction deletes.
constexpr const char* note_deletions =
    "CREATE TABLE deletions (what text, tx xid8); "
    "CREATE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN INSERT INTO deletions VALUES (TG_TABLE_NAME, pg_current_xact_id()); RETURN NULL; END'; "
    "CREATE TRIGGER note AFTER DELETE ON follows FOR EACH ROW EXECUTE FUNCTION note_deletion(); "
    "CREATE TRIGGER note AFTER DELETE ON notifications FOR EACH ROW EXECUTE FUNCTION "
    "note_deletion()";

[[nodiscard]] std::string max_at_once(db::connection& on, const std::string& table) {
  return value(on, "SELECT max(n) FROM (SELECT count(*) AS n FROM deletions WHERE what = '" +
                       table + "' GROUP BY tx) AS each");
}

} // namespace

TEST_CASE("a large account is deleted in transactions of normal size") {
  firehose_builder events;
  for (int i = 0; i < follows; ++i)
    events.follow("alice", fmt::format("f{}", i), fmt::format("u{}", i));
  for (int i = 0; i < followers; ++i)
    events.follow(fmt::format("u{}", i), "f", "alice");
  events.account("alice", false, "deleted");
  index_target target;
  must(target.connection.exec_script(note_deletions));
  SECTION("without confirmation") {
    target.apply(events.take(), 500);
  }
  SECTION("after confirmation") {
    target.verify_deletions = true;
    target.apply(events.take(), 500);
    REQUIRE(target.count("follows") == follows + followers);
    auto tasks = must(db::claim_identity_tasks(target.connection, target.writer.node, 10'000,
                                               std::chrono::minutes{1}, {}))
                     .tasks;
    std::erase_if(tasks, [](const auto& each) { return each.kind != db::identity_kind::deletion; });
    REQUIRE(tasks.size() == 1);
    const auto report =
        must(db::purge_confirmed(target.connection, {}, {tasks[0], "test", 0, target.writer.node}));
    CHECK(report.purged == follows);
    CHECK(target.count("identity_tasks WHERE kind = 1") == 0);
  }
  CHECK(target.count("follows") == followers);
  CHECK(target.count("notifications") == 0);
  CHECK(user_counts(target.connection, "u0") == "0 1 0");
  CHECK(target.count("deletions WHERE what = 'follows'") == follows);
  CHECK(max_at_once(target.connection, "follows") == "1000");
  CHECK(max_at_once(target.connection, "notifications") == "1000");
}
