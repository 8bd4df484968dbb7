// Notifications: cursors, ends of pages, and which are left out.

#include "tests/integration/reads/feed_listing.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <set>

using namespace prism;
using namespace prism::test;

namespace {

constexpr const char* one = "did:plc:u1";

/// User 1 has `count` notifications of likes of a post by user 2, all of one millisecond.
[[nodiscard]] db::connection told(int count) {
  auto on = connect_to(pg_fixture::migrated_database());
  must(on.exec_script(
      fmt::format("INSERT INTO users (id, did, indexed_at) OVERRIDING SYSTEM VALUE "
                  "VALUES (1, 'did:plc:u1', now()), (2, 'did:plc:u2', now());"
                  "INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE VALUES "
                  "(1, 1, 1, 'p');"
                  "INSERT INTO posts (id, creator_id, created_at, commit_time, cid, text) "
                  "VALUES (1, 1, '2024-11-23', '2024-11-23', '', '');"
                  "INSERT INTO notifications SELECT 1, 2, '2024-11-23', 1, 1, 'l' || i "
                  "FROM generate_series(1, {}) i",
                  count)));
  return on;
}

[[nodiscard]] reads::notification_page page(db::executor& on, const std::string& cursor,
                                            std::size_t limit) {
  return must(reads::notifications(on, one, reads::parse_notification_cursor(cursor).value(), limit,
                                   false));
}

} // namespace

TEST_CASE("notifications of one millisecond are each read once across pages") {
  auto on = told(50);
  const auto rows = notifications(on, one, false, {.page = 7});
  CHECK(rows.size() == 50);
  CHECK(std::set<std::string>(rows.begin(), rows.end()).size() == 50);
}

TEST_CASE("a cursor is a plain time where a millisecond ends with the page, else a position") {
  auto on = told(4);
  must(on.exec_script("INSERT INTO notifications VALUES (1, 2, '2024-11-22', 1, 1, 'old')"));
  CHECK(page(on, "", 4).cursor == "2024-11-23T00:00:00.000Z");
  CHECK(page(on, "", 3).cursor == "1732320000000__2.1.1.l2");
  CHECK(page(on, "", 5).cursor.empty());
  CHECK(page(on, "", 0).cursor.empty());
  // A time that the AppView made: what is older.
  CHECK(page(on, "2024-11-23T00:00:00.001Z", 9).rows.size() == 5);
  CHECK(page(on, "2024-11-23T00:00:00.000Z", 9).rows.size() == 1);
  CHECK(page(on, "2024-11-23T01:00:00.000+01:00", 9).rows.size() == 1);
}

TEST_CASE("another text is no cursor of notifications") {
  for (const char* text : {"x", "2024", "1732320000000", "1__", "1__2.1.1", "1__2.1.x.r",
                           "x__1.1.1.r", "1732320000000__bafyreib"}) {
    INFO(text);
    CHECK_FALSE(reads::parse_notification_cursor(text).has_value());
  }
  const reads::notification_position position{5'000'000, 7, 3, 0, "r__._k"};
  CHECK(reads::parse_notification_cursor(reads::format_notification_cursor(position)).value() ==
        position);
}

TEST_CASE("notifications whose subject was deleted are counted and not listed") {
  auto on = told(3);
  must(on.exec_script("INSERT INTO notifications VALUES (1, 2, '2024-11-24', NULL, 3, 'follow')"));
  CHECK(page(on, "", 9).rows.size() == 4);
  CHECK(must(reads::unread_notifications(on, one)) == 4);
  must(on.exec_script("DELETE FROM posts"));
  CHECK(page(on, "", 9).rows.size() == 1);
  CHECK(must(reads::unread_notifications(on, one)) == 4);
  must(on.exec_script("UPDATE users SET indexed_at = NULL"));
  CHECK(must(reads::unread_notifications(on, one)) == 0);
  CHECK(must(reads::unread_notifications(on, "did:plc:nobody")) == 0);
}

TEST_CASE("notifications that outlive their record are listed, and counted while it is there") {
  auto on = told(0);
  must(on.exec_script("INSERT INTO notifications VALUES (1, 2, '2024-11-24', NULL, 9, 'self'), "
                      "(1, 2, '2024-11-24', NULL, 10, 'v'), (1, 2, '2024-11-24', NULL, 11, 'v')"));
  CHECK(page(on, "", 9).rows.size() == 3);
  CHECK(must(reads::unread_notifications(on, one)) == 0);
  must(on.exec_script(
      "INSERT INTO profiles (creator_id, created_at, commit_time, rkey, cid, record) VALUES "
      "(2, '2024-11-23', '2024-11-23', 'self', '', '')"));
  CHECK(must(reads::unread_notifications(on, one)) == 1);
  must(on.exec_script("INSERT INTO verifications (creator_id, subject_id, created_at, commit_time, "
                      "rkey, handle, display_name, duplicate, cid, record) VALUES "
                      "(2, 1, '2024-11-23', '2024-11-23', 'v', '', '', false, '', '')"));
  CHECK(must(reads::unread_notifications(on, one)) == 3); // it may have been made again
  CHECK(page(on, "", 9).rows.size() == 3);
}

TEST_CASE(
    "a page looks through a bounded number of notifications that are not shown, and goes on") {
  auto on = told(12'000);
  must(on.exec_script("UPDATE notifications SET created_at = created_at - substr(rkey, 2)::int * "
                      "interval '1 s';"
                      "INSERT INTO notifications VALUES (1, 2, '2020-01-01', NULL, 3, 'follow');"
                      "DELETE FROM posts"));
  const auto first = page(on, "", 10);
  CHECK(first.rows.empty());
  CHECK_FALSE(first.cursor.empty());
  CHECK(notifications(on, one, false, {.page = 10}).size() == 1);
  // None of them is by a followed account, until user 1 follows user 2.
  CHECK(notifications(on, one, true, {.page = 10}).empty());
  must(on.exec_script("INSERT INTO follows (creator_id, subject_id, created_at, commit_time, rkey, "
                      "duplicate, cid) VALUES (1, 2, '2020-01-01', '2020-01-01', 'f', false, '')"));
  CHECK(notifications(on, one, true, {.page = 10}).size() == 1);
}

TEST_CASE("notifications at the end of what a page looks through are each read once") {
  auto on = told(10'500);
  // Four are shown: two and two of one time, on both sides of both ends.
  must(on.exec_script(
      "UPDATE notifications SET created_at = created_at - interval '1 s' * CASE rkey "
      "WHEN 'l1001' THEN 1000 WHEN 'l10001' THEN 10000 "
      "ELSE substr(rkey, 2)::int END;"
      "UPDATE notifications SET subject_id = NULL, reason = 3 "
      "WHERE rkey IN ('l1000', 'l1001', 'l10000', 'l10001'); DELETE FROM posts"));
  for (const std::size_t size : {1, 10}) {
    const auto rows = notifications(on, one, false, {.page = size});
    CHECK(rows.size() == 4);
    CHECK(std::set<std::string>(rows.begin(), rows.end()).size() == 4);
  }
}

TEST_CASE("the count of unread notifications ends") {
  auto on = told(static_cast<int>(reads::max_unread) + 10);
  CHECK(must(reads::unread_notifications(on, one)) == reads::max_unread);
}
