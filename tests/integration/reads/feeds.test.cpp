// Feeds: the recorded sample read to the end in pages of many sizes, what is left out, own items,
// times that many items share, and the ends of pages.

#include "tests/integration/indexing.hpp"
#include "tests/integration/reads/feed_listing.hpp"
#include "tests/integration/reads/feed_references.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/replay/corpus_file.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <set>

using namespace prism;
using namespace prism::test;
using kind = reads::author_feed_kind;

namespace {

constexpr std::array all_kinds{kind::everything, kind::author_threads, kind::no_replies,
                               kind::images, kind::video};

[[nodiscard]] std::vector<std::string> column(db::executor& on, const std::string& sql) {
  const auto rows = must(on.exec(sql));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.emplace_back(rows.get_text(i, 0));
  return out;
}

/// Users u1 … un, of whom u1 follows all others, and a list of theirs that has them all, too. Each
/// user has `posts` posts, all posted in one millisecond.
[[nodiscard]] db::connection crowd(int users, int posts) {
  auto on = connect_to(pg_fixture::migrated_database());
  must(on.exec_script(fmt::format(
      "INSERT INTO users (id, did) OVERRIDING SYSTEM VALUE "
      "SELECT i, 'did:plc:u' || i FROM generate_series(1, {0}) i;"
      "INSERT INTO follows (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid) "
      "SELECT 1, i, '2024-01-01', '2024-01-01', 'f' || i, false, '' FROM generate_series(2, {0}) i;"
      "INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE "
      "SELECT i * 1000000 + n, i, 1, 'p' || n FROM generate_series(1, {0}) i, "
      "generate_series(1, {1}) n UNION ALL SELECT 1, 1, 9, 'list';"
      "INSERT INTO lists (id, creator_id, created_at, commit_time, name, purpose, cid, record) "
      "VALUES (1, 1, '2024-01-01', '2024-01-01', '', 'app.bsky.graph.defs#referencelist', '', '');"
      "INSERT INTO list_items (creator_id, list_id, subject_id, created_at, commit_time, rkey, "
      "duplicate, cid, record) SELECT 1, 1, i, '2024-01-01', '2024-01-01', 'm' || i, false, '', '' "
      "FROM generate_series(1, {0}) i;"
      "INSERT INTO posts (id, creator_id, created_at, commit_time, cid, text) "
      "SELECT id, repo_id, '2024-11-23', '2024-11-23', convert_to('c' || id, 'UTF8'), '' "
      "FROM uris WHERE collection = 1;"
      "INSERT INTO feed_items SELECT creator_id, commit_time, id FROM posts; ANALYZE",
      users, posts)));
  return on;
}

constexpr const char* crowd_list = "at://did:plc:u1/app.bsky.graph.list/list";

[[nodiscard]] std::size_t distinct(const listing& rows) {
  return std::set<std::string>(rows.begin(), rows.end()).size();
}

} // namespace

TEST_CASE("every feed of the sample, read in pages, equals the reference") {
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst");
  REQUIRE(corpus);
  index_target sample;
  sample.apply(*corpus, 500);
  auto& on = sample.connection;
  const auto accounts = column(on, "SELECT did FROM users WHERE indexed_at IS NOT NULL");
  const auto lists = column(on, "SELECT 'at://' || o.did || '/app.bsky.graph.list/' || u.rkey "
                                "FROM lists JOIN uris u USING (id) JOIN users o ON o.id = repo_id");
  REQUIRE_FALSE(lists.empty());
  std::size_t rows = 0;
  const auto same = [&](const listing& found, const listing& expected) {
    CHECK(found == expected);
    rows += found.size();
  };
  for (const std::size_t page : {1, 7, 100}) {
    const feed_reading how{.page = page};
    // Pages of one row are many: of every fifth account.
    for (std::size_t i = 0; i < accounts.size(); i += page == 1 ? 5 : 1) {
      const auto& did = accounts[i];
      INFO(did << ", pages of " << page);
      same(timeline(on, did, how), reference::timeline(on, did, how));
      for (const auto each : all_kinds)
        same(author_feed(on, did, each, how), reference::author_feed(on, did, each, how));
      for (const bool followed : {false, true})
        same(notifications(on, did, followed, how),
             reference::notifications(on, did, followed, how));
      CHECK(must(reads::unread_notifications(on, did)) == reference::unread(on, did));
    }
    for (const auto& list : lists)
      same(list_feed(on, list, how), reference::list_feed(on, list, how));
  }
  CHECK(rows > 20'000);
}

TEST_CASE("a page has a cursor if another item exists, and only then") {
  auto on = crowd(5, 4);
  reads::session session(on);
  for (const std::size_t limit : {3, 4, 5}) {
    INFO(limit);
    const auto page = must(reads::author_feed(session, "did:plc:u2", kind::everything, {}, limit));
    CHECK(page.rows.size() == std::min<std::size_t>(limit, 4));
    CHECK(page.cursor.empty() == (limit >= 4));
  }
  for (const std::size_t limit : {19, 20, 21}) {
    INFO(limit);
    CHECK(must(reads::timeline(session, "did:plc:u1", {}, limit)).cursor.empty() == (limit >= 20));
    CHECK(must(reads::list_feed(session, crowd_list, {}, limit)).cursor.empty() == (limit >= 20));
  }
  CHECK(must(reads::timeline(session, "did:plc:u1", {}, 0)).rows.empty());
  CHECK(must(reads::timeline(session, "did:plc:u1", {}, 0)).cursor.empty());
  CHECK(must(reads::author_feed(session, "did:plc:u1", kind::everything, {}, 0)).cursor.empty());
  CHECK(must(reads::list_feed(session, crowd_list, {}, 0)).cursor.empty());
  CHECK(must(reads::timeline(session, "did:plc:nobody", {}, 10)).rows.empty());
}

TEST_CASE("items of one millisecond are each read once across pages") {
  auto on = crowd(20, 50);
  const feed_reading how{.page = 30};
  CHECK(timeline(on, "did:plc:u1", how) == reference::timeline(on, "did:plc:u1", how));
  CHECK(list_feed(on, crowd_list, how) == reference::list_feed(on, crowd_list, how));
  CHECK(author_feed(on, "did:plc:u2", kind::everything, {.page = 7}).size() == 50);
}

TEST_CASE("of thousands of items with one forged time some are read, none twice, and paging ends") {
  auto on = crowd(4, 5000);
  for (const auto& rows :
       {timeline(on, "did:plc:u1", {}), author_feed(on, "did:plc:u1", kind::everything, {}),
        author_feed(on, "did:plc:u1", kind::no_replies, {}), list_feed(on, crowd_list, {})}) {
    CHECK(rows.size() >= reads::max_same_originator);
    CHECK(distinct(rows) == rows.size());
  }
}

TEST_CASE("posts of one time and one CID are each read once across pages") {
  auto on = crowd(3, 20);
  // How many own items are shown depends on the page.
  must(
      on.exec_script("UPDATE posts SET cid = 'x'; DELETE FROM feed_items WHERE originator_id = 1"));
  for (const std::size_t page : {1, 7}) {
    const feed_reading how{.page = page};
    const auto followed = timeline(on, "did:plc:u1", how);
    CHECK(distinct(followed) == 40);
    CHECK(followed == timeline(on, "did:plc:u1", {.page = 100}));
    CHECK(list_feed(on, crowd_list, how).size() == 60);
    CHECK(distinct(list_feed(on, crowd_list, how)) == 60);
    CHECK(distinct(author_feed(on, "did:plc:u2", kind::everything, how)) == 20);
    CHECK(distinct(author_feed(on, "did:plc:u2", kind::images, how)) ==
          author_feed(on, "did:plc:u2", kind::images, how).size());
  }
}

TEST_CASE("own posts of one time and one CID are each read once if nobody is followed") {
  auto on = crowd(1, 25);
  must(on.exec_script("UPDATE posts SET cid = 'x'"));
  for (const std::size_t page : {1, 7, 11, 100})
    CHECK(distinct(timeline(on, "did:plc:u1", {.page = page})) == 25);
}

TEST_CASE("reposts of one post with one time and CID are each read once across pages") {
  auto on = crowd(20, 1);
  must(on.exec_script(
      "DELETE FROM feed_items;"
      "INSERT INTO reposts (creator_id, subject_id, created_at, commit_time, rkey, duplicate, "
      "cid, subject_cid) "
      "SELECT i, 1000001, '2024-11-23', '2024-11-23', 'r' || i % 3, false, 'x', '' "
      "FROM generate_series(2, 20) i;"
      "INSERT INTO feed_items SELECT creator_id, commit_time, subject_id, rkey FROM reposts"));
  for (const std::size_t page : {1, 7, 100}) {
    const feed_reading how{.page = page};
    CHECK(distinct(timeline(on, "did:plc:u1", how)) == 19);
  }
  reads::session session(on);
  std::set<std::string> seen;
  std::optional<reads::list_cursor> at;
  do {
    const auto page = must(reads::timeline(session, "did:plc:u1", at, 3, {.replies = true}));
    for (const auto& each : page.rows)
      seen.insert(each.repost_uri);
    at = reads::parse_list_cursor(page.cursor).value();
  } while (at);
  CHECK(seen.size() == 19);
}

TEST_CASE("own items take at most ten places of a page that others fill") {
  auto on = crowd(2, 40);
  reads::session session(on);
  // The own ones are all newer.
  must(on.exec_script("UPDATE feed_items SET sort_at = '2024-11-24' WHERE originator_id = 1"));
  const auto own_of = [](const reads::feed_page& page) {
    return std::ranges::count_if(page.rows, [](const reads::feed_item& each) {
      return each.uri.starts_with("at://did:plc:u1/");
    });
  };
  CHECK(own_of(must(reads::timeline(session, "did:plc:u1", {}, 30))) == 10);
  CHECK(own_of(must(reads::timeline(session, "did:plc:u1", {}, 5))) == 5);
  // 40 of the others leave room for 20 of a page of 60.
  CHECK(own_of(must(reads::timeline(session, "did:plc:u1", {}, 60))) == 20);
  must(on.exec_script("DELETE FROM follows"));
  const auto alone = must(reads::timeline(session, "did:plc:u1", {}, 30));
  CHECK(own_of(alone) == 30);
  CHECK_FALSE(alone.cursor.empty());
}

TEST_CASE("who follows themselves sees all of their items, each once") {
  auto on = crowd(2, 40);
  must(on.exec_script(
      "UPDATE feed_items SET sort_at = '2024-11-24' WHERE originator_id = 1;"
      "INSERT INTO follows (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid) "
      "VALUES (1, 1, '2024-11-01', '2024-11-01', 'self', false, '')"));
  reads::session session(on);
  const auto own = must(reads::timeline(session, "did:plc:u1", {}, 30));
  CHECK(own.rows.size() == 30);
  for (const auto& each : own.rows)
    CHECK(each.uri.starts_with("at://did:plc:u1/"));
  for (const std::size_t page : {1U, 7U, 30U, 100U}) {
    const feed_reading how{.page = page};
    CHECK(timeline(on, "did:plc:u1", how).size() == 80);
    CHECK(timeline(on, "did:plc:u1", how) == reference::timeline(on, "did:plc:u1", how));
  }
}

TEST_CASE("a filter that shows little looks through a bounded number of items, and goes on") {
  auto on = crowd(1, 12'000);
  reads::session session(on);
  must(on.exec_script("UPDATE posts SET reply_parent_id = 1, reply_root_id = 1 "
                      "WHERE id % 1000000 NOT IN (900, 2000, 11000);"
                      "UPDATE posts SET created_at = created_at - id % 1000000 * interval '1 s';"
                      "UPDATE feed_items SET sort_at = (SELECT created_at FROM posts WHERE id = "
                      "post_id)"));
  const auto first = must(reads::author_feed(session, "did:plc:u1", kind::no_replies, {}, 10));
  CHECK(first.rows.size() == 2);
  CHECK_FALSE(first.cursor.empty());
  CHECK(author_feed(on, "did:plc:u1", kind::no_replies, {.page = 10}).size() == 3);
  // The root of these replies is not the author's.
  must(
      on.exec_script("INSERT INTO users (id, did) OVERRIDING SYSTEM VALUE VALUES (2, 'did:plc:u2');"
                     "UPDATE uris SET repo_id = 2 WHERE id = 1"));
  CHECK(author_feed(on, "did:plc:u1", kind::author_threads, {.page = 10}).size() == 3);
  must(on.exec_script("UPDATE uris SET repo_id = 1 WHERE id = 1"));
  CHECK(author_feed(on, "did:plc:u1", kind::author_threads, {.page = 100}).size() == 12'000);
}

TEST_CASE("items at the end of what a page looks through are each read once") {
  auto on = crowd(1, 10'500);
  // Four are no replies: two and two of one time, on both sides of both ends.
  must(on.exec_script("UPDATE posts SET reply_parent_id = 1, reply_root_id = 1 "
                      "WHERE id % 1000000 NOT IN (1000, 1001, 10000, 10001);"
                      "UPDATE feed_items SET sort_at = sort_at - interval '1 s' * "
                      "CASE post_id % 1000000 WHEN 1001 THEN 1000 WHEN 10001 THEN 10000 "
                      "ELSE post_id % 1000000 END"));
  for (const std::size_t page : {1, 10}) {
    const auto rows = author_feed(on, "did:plc:u1", kind::no_replies, {.page = page});
    CHECK(rows.size() == 4);
    CHECK(distinct(rows) == 4);
  }
}

TEST_CASE("readers leave out replies, reposts or quotes") {
  auto on = crowd(3, 100);
  reads::session session(on);
  must(on.exec_script(
      "UPDATE posts SET reply_parent_id = 1 WHERE id % 4 = 1;"
      "UPDATE posts SET quoted_id = 1 WHERE id % 4 = 2;"
      "INSERT INTO reposts (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid, "
      "subject_cid) SELECT 2, id, '2024-11-22', '2024-11-22', 'r' || id, false, "
      "convert_to('r' || id, 'UTF8'), '' FROM posts WHERE id % 1000000 <= 40;"
      "INSERT INTO feed_items SELECT 2, '2024-11-22', subject_id, rkey FROM reposts"));
  // What is left out depends on the page if there are own items.
  must(on.exec_script("DELETE FROM feed_items WHERE originator_id = 1"));
  const auto read = [&](const reads::feed_exclusions& excluded) {
    return timeline(on, "did:plc:u1", {.page = 20}, excluded).size();
  };
  CHECK(read({}) == 320);
  CHECK(read({.replies = true}) == 270);
  CHECK(read({.quotes = true}) == 270);
  CHECK(read({.reposts = true}) == 200);
  CHECK(read({.replies = true, .reposts = true, .quotes = true}) == 100);
  CHECK(list_feed(on, crowd_list, {.page = 20}, {.replies = true, .quotes = true}).size() == 150);
  // A call that excludes everything reads a few pages at a time.
  must(on.exec_script("UPDATE posts SET reply_parent_id = 1"));
  const auto none = must(reads::list_feed(session, crowd_list, {}, 20, {.replies = true}));
  CHECK(none.rows.empty());
  CHECK_FALSE(none.cursor.empty());
  CHECK(list_feed(on, crowd_list, {.page = 20}, {.replies = true}).empty());
}

TEST_CASE("members who opted out of a reference list are not in its feed") {
  auto on = crowd(3, 2);
  must(on.exec_script("INSERT INTO reference_list_opt_outs VALUES "
                      "(2, 1, '2024-01-01', '2024-01-01', 'o', false, '', '', 1)"));
  CHECK(list_feed(on, crowd_list, {}).size() == 4);
  must(on.exec_script("UPDATE lists SET purpose = 'app.bsky.graph.defs#curatelist'"));
  CHECK(list_feed(on, crowd_list, {}).size() == 6);
}

TEST_CASE("five thousand silent follows do not hide the one who posts") {
  auto on = crowd(5001, 0);
  must(on.exec_script(
      "INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE "
      "VALUES (2, 2, 1, 'p');"
      "INSERT INTO posts (id, creator_id, created_at, commit_time, cid, text) VALUES "
      "(2, 2, '2020-11-23', '2020-11-23', convert_to('c', 'UTF8'), '');"
      "INSERT INTO feed_items VALUES (2, '2020-11-23', 2)"));
  CHECK(timeline(on, "did:plc:u1", {}).size() == 1);
  CHECK(list_feed(on, crowd_list, {}).size() == 1);
}

TEST_CASE("another text is no cursor of a list") {
  for (const char* text : {"x", "__", "1", "1__", "x__bafy", "99999999999999999999__bafy"}) {
    INFO(text);
    CHECK_FALSE(reads::parse_list_cursor(text).has_value());
  }
}
