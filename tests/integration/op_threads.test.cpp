#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>

// The rows of GetThread.op_thread: the replies of a thread's author in that thread, and the deleted
// ones (migrations/0017).

using namespace prism;
using namespace prism::test;

namespace {

using fields = firehose_builder::fields;

/// "root post<parent", sorted; deleted ones with the second of their deletion.
[[nodiscard]] std::string op_replies(index_target& target) {
  return value(target.connection, R"sql(
    SELECT string_agg(
      format('%s %s<%s%s', r.rkey, u.rkey, p.rkey, to_char(t.deleted_at, '"@"SS.MS')),
      ', ' ORDER BY r.rkey, u.rkey
    )
    FROM uris r
    CROSS JOIN LATERAL (
      SELECT id, reply_parent_id AS parent_id, NULL::timestamptz AS deleted_at
      FROM posts
      WHERE creator_id = r.repo_id AND reply_root_id = r.id
      UNION ALL
      SELECT post_id, parent_id, deleted_at
      FROM deleted_op_replies d
      WHERE creator_id = r.repo_id AND root_id = r.id
        AND NOT EXISTS (SELECT FROM posts p WHERE p.id = d.post_id AND p.reply_root_id = d.root_id)
    ) t
    JOIN uris u ON u.id = t.id
    JOIN uris p ON p.id = t.parent_id
  )sql");
}

[[nodiscard]] fields reply_record(const record_ref& parent, const record_ref& root) {
  return {{"$type", "app.bsky.feed.post"},
          {"text", "changed"},
          {"reply", {{"root", ref_to(root)}, {"parent", ref_to(parent)}}},
          {"createdAt", record_time}};
}

/// The op replies after these events, which are the same for batches of any size.
[[nodiscard]] std::string same_in_every_batch(const firehose_builder& events) {
  std::string found;
  std::map<std::string, std::string> rows;
  for (const std::size_t batch : {1, 2, 3, 5, 1000}) {
    index_target target;
    auto copy = events;
    target.apply(copy.take(), batch);
    CHECK(target.reasons.empty());
    // Of the replies of others nothing is kept.
    CHECK(target.count("deleted_op_replies d JOIN uris r ON r.id = d.root_id "
                       "WHERE r.repo_id <> d.creator_id") == 0);
    INFO("batches of " << batch);
    if (batch == 1) {
      found = op_replies(target);
      rows = target.fingerprints();
    }
    CHECK(op_replies(target) == found);
    CHECK(differing(rows, target.fingerprints()).empty());
    CHECK(differing(target.fingerprints(), rows).empty());
  }
  return found;
}

} // namespace

TEST_CASE("a thread's author has replies in that thread, at any depth") {
  firehose_builder events;
  const auto root = events.post("alice", "root");
  const auto a = events.reply("alice", "a", root, root);
  const auto x = events.reply("bob", "x", a, root);
  events.reply("alice", "b", x, root);
  events.reply("bob", "y", x, root);
  const auto other = events.post("bob", "other");
  events.reply("alice", "c", other, other);
  // A thread whose first post is not here, and one that is named by a handle.
  const record_ref absent{"at://did:plc:alice/app.bsky.feed.post/absent", root.cid};
  events.reply("alice", "d", absent, absent);
  const record_ref by_handle{"at://alice.test/app.bsky.feed.post/root", root.cid};
  events.reply("alice", "e", by_handle, by_handle);
  CHECK(same_in_every_batch(events) == "absent d<absent, root a<root, root b<x");
}

TEST_CASE("a deleted reply of the author keeps its place and the time of its deletion") {
  firehose_builder events;
  const auto root = events.post("alice", "root");        // second 0
  const auto a = events.reply("alice", "a", root, root); // 1
  const auto b = events.reply("alice", "b", a, root);    // 2
  const auto x = events.reply("bob", "x", b, root);      // 3
  events.remove(x);                                      // 4
  events.remove(a);                                      // 5
  CHECK(same_in_every_batch(events) == "root a<root@05.000, root b<a");
  events.remove(b); // 6
  CHECK(same_in_every_batch(events) == "root a<root@05.000, root b<a@06.000");
  // It is made again.
  events.reply("alice", "a", b, root); // 7
  CHECK(same_in_every_batch(events) == "root a<b, root b<a@06.000");
  events.remove(a); // 8
  CHECK(same_in_every_batch(events) == "root a<b@08.000, root b<a@06.000");
}

TEST_CASE("an update moves a reply within its thread or ends it there") {
  firehose_builder events;
  const auto root = events.post("alice", "root");
  const auto second = events.post("alice", "second");
  const auto a = events.reply("alice", "a", root, root);
  const auto b = events.reply("alice", "b", a, root);
  events.update("alice", "app.bsky.feed.post/b", reply_record(root, root));
  CHECK(same_in_every_batch(events) == "root a<root, root b<root");
  events.update("alice", "app.bsky.feed.post/b", reply_record(second, second)); // second 5
  CHECK(same_in_every_batch(events) == "root a<root, root b<root@05.000, second b<second");
  events.update(
      "alice", "app.bsky.feed.post/b",
      {{"$type", "app.bsky.feed.post"}, {"text", "no reply"}, {"createdAt", record_time}});
  CHECK(same_in_every_batch(events) == "root a<root, root b<root@05.000, second b<second@06.000");
  events.update("alice", "app.bsky.feed.post/b", reply_record(a, root));
  CHECK(same_in_every_batch(events) == "root a<root, root b<a, second b<second@06.000");
  events.remove(b);
  CHECK(same_in_every_batch(events) == "root a<root, root b<a@08.000, second b<second@06.000");
}

TEST_CASE("the thread of an author does not depend on the order of the repos") {
  firehose_builder events;
  const auto root = events.post("alice", "root");
  const auto x = events.reply("bob", "x", root, root);
  const auto a = events.reply("alice", "a", x, root);
  const auto b = events.reply("alice", "b", a, root);
  events.remove(x);
  events.remove(a);
  std::string found;
  index_target target;
  for (const auto& order : events.orders()) {
    target.clear();
    target.apply(events.in_order(order), 2);
    if (found.empty())
      found = op_replies(target);
    CHECK(op_replies(target) == found);
  }
  CHECK(found == "root a<x@05.000, root b<a");
}

TEST_CASE("a replay of the events changes nothing in an author's thread") {
  firehose_builder events;
  const auto root = events.post("alice", "root");
  const auto a = events.reply("alice", "a", root, root);
  events.reply("alice", "b", a, root);
  events.remove(a);
  const auto frames = events.take();
  index_target target;
  target.apply(frames, 2);
  const auto before = op_replies(target);
  CHECK(before == "root a<root@03.000, root b<a");
  REQUIRE(target.connection.exec("UPDATE firehose_cursor SET seq = 0"));
  target.apply(frames, 1000);
  CHECK(op_replies(target) == before);
}

TEST_CASE("a deleted account has no thread, and keeps what it wrote afterwards") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 1000);
  firehose_builder events;
  const auto root = events.post("alice", "root");
  const auto a = events.reply("alice", "a", root, root);
  const auto b = events.reply("alice", "b", a, root);
  events.remove(a);
  const auto bobs = events.post("bob", "bobs");
  const auto c = events.reply("bob", "c", bobs, bobs);
  events.remove(c); // second 6
  events.account("alice", false, "deleted");
  index_target target;
  target.apply(events.take(), batch);
  CHECK(op_replies(target) == "bobs c<bobs@06.000");
  CHECK(target.count("deleted_op_replies") == 1);
  events.account("alice", true);
  const auto again = events.post("alice", "again");
  const auto d = events.reply("alice", "d", again, again);
  events.reply("alice", "e", d, again);
  events.remove(d); // second 12
  target.apply(events.take(), batch);
  CHECK(op_replies(target) == "again d<again@12.000, again e<d, bobs c<bobs@06.000");
}

TEST_CASE("all deleted replies of an account go with it, however many there are") {
  firehose_builder events;
  events.post("alice", "root");
  index_target target;
  target.apply(events.take(), 10);
  REQUIRE(target.connection.exec("INSERT INTO deleted_op_replies SELECT id, 1, i, 1, 1, now() "
                                 "FROM users, generate_series(1, 2500) i"));
  events.account("alice", false, "deleted");
  target.apply(events.take(), 10);
  CHECK(target.count("deleted_op_replies") == 0);
}
