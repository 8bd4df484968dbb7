// Threads: which posts, in which order; circles and bounds; op threads as far as SQL decides.

#include "db/reads/op_threads.hpp"
#include "db/reads/thread.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

namespace {

using uris = std::vector<std::string>;

[[nodiscard]] reads::thread thread_of(db::executor& on, const std::string& uri,
                                      std::int64_t above = 80, std::int64_t below = 6) {
  return must(reads::read_thread(on, uri, above, below));
}

/// User 1 with posts p1 … pn, of which each answers the one that `parent` says, an expression of i.
[[nodiscard]] db::connection posts(int count, const std::string& parent) {
  auto on = connect_to(pg_fixture::migrated_database());
  must(on.exec_script(
      fmt::format("INSERT INTO users (id, did) OVERRIDING SYSTEM VALUE VALUES (1, 'did:plc:u1');"
                  "INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE "
                  "SELECT i, 1, 1, 'p' || i FROM generate_series(1, {0}) i;"
                  "INSERT INTO posts (id, creator_id, created_at, commit_time, place, cid, text, "
                  "reply_parent_id, reply_root_id, reply_root_cid) SELECT i, 1, timestamptz "
                  "'2024-11-23' + i * interval '1 s', "
                  "'2025-01-01', i, '', '', {1}, CASE WHEN {1} IS NOT NULL THEN 1 END, '\\x01' "
                  "FROM generate_series(1, {0}) i; ANALYZE",
                  count, parent)));
  return on;
}

[[nodiscard]] std::string uri(int post) {
  return fmt::format("at://did:plc:u1/app.bsky.feed.post/p{}", post);
}

} // namespace

TEST_CASE("a thread has the post, those above it, and those below it newest first") {
  firehose_builder events;
  const auto root = events.post("alice", "a1");
  const auto first = events.reply("bob", "b1", root, root);
  const auto second = events.reply("carol", "c1", first, root);
  const auto third = events.reply("dan", "d1", second, root);
  const auto other = events.reply("eve", "e1", second, root);
  const auto last = events.reply("bob", "b2", third, root);
  index_target target;
  target.apply(events.take(), 100);
  auto& on = target.connection;
  // Each later than the one before.
  must(on.exec_script(
      "UPDATE posts SET created_at = timestamptz '2020-01-01' + place * interval '1 s'"));
  CHECK(thread_of(on, second.uri).uris ==
        uris{second.uri, first.uri, root.uri, last.uri, other.uri, third.uri});
  CHECK(thread_of(on, second.uri, 1, 1).uris == uris{second.uri, first.uri, other.uri, third.uri});
  CHECK(thread_of(on, second.uri, 0, 0).uris == uris{second.uri});
  CHECK(thread_of(on, second.uri, -1, -1).uris == uris{second.uri});
  CHECK(thread_of(on, "at://did:plc:alice/app.bsky.feed.post/none").uris.empty());
  CHECK(thread_of(on, "no uri").uris.empty());
  // Where a post is gone the thread is in two pieces.
  events.remove(first);
  target.apply(events.take(), 100);
  CHECK(thread_of(on, third.uri).uris == uris{third.uri, second.uri, last.uri});
  CHECK(thread_of(on, first.uri).uris == uris{last.uri, other.uri, third.uri, second.uri});
  CHECK(thread_of(on, root.uri).uris == uris{root.uri});
}

TEST_CASE("posts that reply to each other in a circle are each read once") {
  // 1 answers 3, 2 answers 1, 3 answers 2; 4 answers 2; 5 answers itself.
  auto on = posts(5, "CASE i WHEN 1 THEN 3 WHEN 4 THEN 2 WHEN 5 THEN 5 ELSE i - 1 END");
  CHECK(thread_of(on, uri(1), 1000, 1000).uris ==
        uris{uri(1), uri(3), uri(2), uri(4), uri(3), uri(2)});
  CHECK(thread_of(on, uri(5), 1000, 1000).uris == uris{uri(5)});
  CHECK(thread_of(on, uri(4), 1000, 1000).uris == uris{uri(4), uri(2), uri(1), uri(3)});
}

TEST_CASE("long and broad threads are bounded") {
  auto on = posts(25'000, "CASE WHEN i > 1 THEN i - 1 END");
  const auto deep = thread_of(on, uri(2000), INT32_MAX, INT32_MAX).uris;
  CHECK(deep.size() == 1 + reads::max_thread_height + reads::max_thread_depth);
  CHECK(deep.at(1) == uri(1999));
  must(on.exec_script("UPDATE posts SET reply_parent_id = 1 WHERE id > 1"));
  const auto broad = thread_of(on, uri(1), 0, 1).uris;
  CHECK(broad.size() == 1 + reads::max_thread_replies);
  CHECK(broad.at(1) == uri(25'000)); // the newest ones
}

TEST_CASE("an author's long threads hide no others' op threads") {
  auto on = posts(25'000, "NULL");
  // Four threads with 4,900 replies of the author, one with more than are looked at, and one of two
  // posts.
  must(on.exec_script(
      "UPDATE posts SET reply_parent_id = root, reply_root_id = root, reply_root_cid = '\\x01' "
      "FROM (SELECT i, CASE WHEN i = 10 THEN 6 ELSE least(5, 1 + (i - 101) / 4900) END AS root "
      "FROM generate_series(1, 25000) i WHERE i = 10 OR i > 100) r WHERE id = i; ANALYZE posts"));
  reads::session session(on);
  uris asked;
  for (int i = 1; i <= 6; ++i)
    asked.push_back(uri(i));
  uris found;
  for (const auto& each :
       must(reads::op_threads(session, std::vector<std::string_view>{asked.begin(), asked.end()})))
    found.push_back(each.root_uri);
  std::ranges::sort(found);
  CHECK(found == uris{uri(1), uri(2), uri(3), uri(4), uri(6)});
}

TEST_CASE("a thread with more replies of its author than are looked at has no op thread") {
  auto on = posts(5'001, "CASE WHEN i > 1 THEN i - 1 END");
  reads::session session(on);
  const std::array<std::string_view, 1> asked{"at://did:plc:u1/app.bsky.feed.post/p1"};
  CHECK(thread_of(on, uri(1)).op_thread.empty());
  CHECK(must(reads::op_threads(session, asked)).empty());
  must(on.exec_script("DELETE FROM posts WHERE id = 5001"));
  CHECK(thread_of(on, uri(1)).op_thread.size() == 5'000);
  CHECK(must(reads::op_threads(session, asked)).at(0).uris.size() == 5'000);
}

TEST_CASE("the op thread is the author's line from the root, for any post of the thread") {
  firehose_builder events;
  const auto root = events.post("alice", "3jzfcijpj2z2a");
  const auto a2 = events.reply("alice", "3jzfcijpj2z2b", root, root);
  const auto a3 = events.reply("alice", "3jzfcijpj2z2c", a2, root);
  const auto branch = events.reply("alice", "3jzfcijpj2z2d", root, root);
  const auto guest = events.reply("bob", "3jzfcijpj2z2e", a3, root);
  const auto far = events.reply("alice", "3jzfcijpj2z2f", guest, root);
  const auto lonely = events.post("bob", "3jzfcijpj2z2g");
  events.reply("alice", "3jzfcijpj2z2h", lonely, lonely);
  index_target target;
  target.apply(events.take(), 100);
  auto& on = target.connection;
  const uris line{root.uri, a2.uri, a3.uri};
  for (const auto& each : {root, a3, branch, guest, far})
    CHECK(thread_of(on, each.uri).op_thread == line);
  CHECK(thread_of(on, lonely.uri).op_thread.empty());
  reads::session session(on);
  const auto found = must(reads::op_threads(
      session, std::array<std::string_view, 4>{guest.uri, far.uri, lonely.uri, "at://x/y/z"}));
  REQUIRE(found.size() == 1);
  CHECK(found.front().root_uri == root.uri);
  CHECK(found.front().uris == line);
  // A deleted reply keeps its place while the line continues below it.
  events.remove(a2);
  target.apply(events.take(), 100);
  CHECK(thread_of(on, root.uri).op_thread == line);
  const std::array<std::string_view, 1> asked{root.uri};
  CHECK(must(reads::op_threads(session, asked)).at(0).uris == line);
  events.remove(a3);
  target.apply(events.take(), 100);
  CHECK(thread_of(on, root.uri).op_thread.empty());
  // A reply that is made again counts as any other, whenever it was deleted.
  events.reply("alice", "3jzfcijpj2z2b", root, root);
  target.apply(events.take(), 100);
  CHECK(thread_of(on, root.uri).op_thread == uris{root.uri, a2.uri});
}
