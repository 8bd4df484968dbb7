// The results of read queries are bounded, for any request and any stored rows.

#include "db/reads/profiles.hpp"
#include "db/reads/thread.hpp"
#include "tests/integration/reads/listing.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace prism;
using namespace prism::test;

namespace {

/// User 1 with `posts` posts of one sort time.
[[nodiscard]] db::connection crowd(int posts) {
  auto on = connect_to(pg_fixture::migrated_database());
  must(on.exec_script(
      "INSERT INTO users (id, did) OVERRIDING SYSTEM VALUE VALUES (1, 'did:plc:one');"
      "INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE "
      "SELECT i, 1, 1, 'r' || i FROM generate_series(1, " +
      std::to_string(posts) +
      ") i;"
      "INSERT INTO posts (id, creator_id, created_at, commit_time, cid, text, quoted_id, "
      "reply_parent_id) SELECT id, 1, '2024-11-23', '2024-11-23', '', '', 1, "
      "nullif(id % 3, 0) FROM uris;"
      "INSERT INTO post_aggregates (post_id, reply_count) SELECT id, 1 FROM posts;"
      "INSERT INTO feed_items SELECT 1, '2024-11-23', id FROM posts;"
      "INSERT INTO notifications SELECT 1, 1, '2024-11-23', id, 6, rkey FROM uris"));
  return on;
}

} // namespace

TEST_CASE("a page has at most a hundred rows, and at least one") {
  auto on = crowd(150);
  CHECK(must(reads::author_feed(on, 1, {}, {}, 1'000'000)).rows.size() == 100);
  CHECK(must(reads::timeline(on, 1, {}, 0)).rows.size() == 1);
  CHECK(must(reads::notifications(on, 1, {}, 1'000'000)).rows.size() == 100);
  CHECK(must(reads::quotes_of(on, 1, reads::newest_post, 1'000'000)).rows.size() == 100);
  CHECK(must(reads::profiles(on, std::vector<std::int64_t>(150, 1))).size() == 100);
  CHECK(must(reads::posts(on, std::vector<std::int64_t>(150, 1))).size() == 100);
}

TEST_CASE("rows with one sort time are each returned once across pages") {
  auto on = crowd(900);
  for (const auto& rows : {timeline(on, 1, {.page = 70}), author_feed(on, 1, {}, {.page = 70}),
                           notifications(on, 1, {.page = 70}), quotes(on, 1, {.page = 70})}) {
    CHECK(rows.size() == 900);
    CHECK(std::set<std::string>(rows.begin(), rows.end()).size() == 900);
  }
}

TEST_CASE(
    "of thousands of rows with one forged time some are returned, none twice, and paging ends") {
  auto on = crowd(5000);
  for (const auto& rows : {timeline(on, 1, {}), author_feed(on, 1, {}, {}),
                           notifications(on, 1, {}), quotes(on, 1, {})}) {
    CHECK(rows.size() >= reads::max_same_instant);
    CHECK(std::set<std::string>(rows.begin(), rows.end()).size() == rows.size());
  }
  CHECK(must(reads::unread_notifications(on, 1, 0)) == reads::max_unread);
}

TEST_CASE("each post of a reply cycle appears once in its thread") {
  // Posts 1 and 2 reply to themselves, all others reply to one of them.
  auto on = crowd(50);
  must(on.exec_script("UPDATE posts SET reply_parent_id = 3 - id WHERE id IN (1, 2)"));
  const auto found = must(reads::read_thread(on, 1, {1000, 100, 100, 1000}));
  std::set<std::int64_t> once;
  for (const auto& each : found.ancestors_and_post)
    CHECK(once.insert(each.id).second);
  CHECK(found.ancestors_and_post.size() == 2);
  for (const auto& each : found.replies)
    CHECK(once.insert(each.id).second);
  CHECK(found.replies.size() == 16);
}

TEST_CASE("the bounds of a thread have a maximum") {
  auto on = crowd(5000);
  must(on.exec_script("UPDATE posts SET reply_parent_id = id - 1 WHERE id > 1;"
                      "UPDATE posts SET reply_parent_id = NULL WHERE id = 1"));
  const auto unlimited = std::numeric_limits<std::size_t>::max();
  const auto long_one =
      must(reads::read_thread(on, 4000, {unlimited, unlimited, unlimited, unlimited}));
  CHECK(long_one.ancestors_and_post.size() == 1001);
  CHECK(long_one.replies.size() == 100);
  must(on.exec_script("UPDATE posts SET reply_parent_id = 1 WHERE id > 1"));
  const auto wide = must(reads::read_thread(on, 1, {unlimited, unlimited, unlimited, unlimited}));
  CHECK(wide.replies.size() == 100);
}
