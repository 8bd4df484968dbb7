#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/integration/running_node.hpp"

#include "tests/support/pg_fixture.hpp"
#include "tools/replay/replay_server.hpp"

#include <catch2/catch.hpp>

// Wrong data: counts, and what deletes leave behind. The comment of each case says how the system
// that Prism replaces failed.

using namespace prism;
using namespace prism::test;

using lines = std::vector<std::string>;

TEST_CASE("a thousand replies by a thousand repos, written by four shards, are a thousand") {
  // The count was read, and written one higher: 50 replies at a time made 6.
  firehose_builder events;
  const auto root = events.post("alice", "root");
  constexpr int replies = 1000;
  for (int i = 0; i < replies; ++i) {
    events.reply("user" + std::to_string(i), "p1", root, root);
    events.like("user" + std::to_string(i), "l1", root);
  }
  const auto database = pg_fixture::fresh_database();
  auto relay = net::replay_server::start(events.take(), {}).value();
  auto options = node_settings(relay->url(), database);
  options.batch_max_frames = 20; // many transactions that meet at one row
  const auto running = start_node(options);
  finish(*running);
  auto on = db::connection::open({.conninfo = database}).value();
  CHECK(counts(on, root) == "1000 0 1000 0");
  CHECK(value(on, "SELECT count(DISTINCT shard) FROM firehose_cursor WHERE seq > 1500") == "4");
}

TEST_CASE("a record that is deleted three times is uncounted once") {
  // Each delete took one off, below zero.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto like = events.like("bob", "l1", post);
  const auto repost = events.repost("bob", "r1", post);
  const auto reply = events.reply("bob", "p2", post, post);
  const auto quote = events.quote("bob", "p3", post);
  const auto follow = events.follow("bob", "f1", "alice");
  for (int i = 0; i < 3; ++i)
    for (const auto& each : {like, repost, reply, quote, follow})
      events.remove(each);
  index_target target;
  target.apply(events.take(), batch);
  CHECK(counts(target.connection, post) == "0 0 0 0");
  CHECK(user_counts(target.connection, "alice") == "0 0 1");
  CHECK(user_counts(target.connection, "bob") == "0 0 0");
}

TEST_CASE("a like that comes before its post is counted and notified when the post comes") {
  // The row was there, the count stayed 0, and the author was never notified.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  events.like("bob", "l1", post);
  events.repost("carol", "r1", post);
  index_target target;
  for (const auto& order : events.orders()) {
    target.clear();
    target.apply(events.in_order(order), batch);
    CHECK(counts(target.connection, post) == "1 1 0 0");
    CHECK(target.count("pending_ops") == 0);
    CHECK(notifications(target.connection) ==
          lines{"alice like bob/l1 of alice/p1", "alice repost carol/r1 of alice/p1"});
    CHECK(feed_items(target.connection) == lines{"alice alice/p1", "carol alice/p1 by r1"});
  }
}

TEST_CASE("a deleted record takes all its effects with it") {
  // Counts, quotes, notifications and viewer states stayed, and an unlike took the repost along.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto reply = events.reply("bob", "p2", post, post);
  const auto quote = events.quote("bob", "p3", post);
  const auto like = events.like("bob", "l1", post);
  const auto repost = events.repost("bob", "r1", post);
  const auto follow = events.follow("bob", "f1", "alice");
  index_target target;
  auto& on = target.connection;
  target.apply(events.take(), batch);
  CHECK(counts(on, post) == "1 1 1 1");
  CHECK(notifications(on).size() == 5);

  events.remove(like);
  target.apply(events.take(), batch);
  CHECK(counts(on, post) == "0 1 1 1");
  CHECK(feed_items(on) ==
        lines{"alice alice/p1", "bob alice/p1 by r1", "bob bob/p2", "bob bob/p3"});

  for (const auto& each : {reply, quote, repost, follow})
    events.remove(each);
  target.apply(events.take(), batch);
  CHECK(counts(on, post) == "0 0 0 0");
  CHECK(user_counts(on, "bob") == "0 0 0");
  CHECK(notifications(on).empty());
  CHECK(feed_items(on) == lines{"alice alice/p1"});
}

TEST_CASE("a deleted post leaves its feed, and its likes and replies are parked or uncounted") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  events.like("bob", "l1", post);
  events.repost("bob", "r1", post);
  events.remove(post);
  index_target target;
  target.apply(events.take(), batch);
  CHECK(counts(target.connection, post) == "0 0 0 0");
  CHECK(user_counts(target.connection, "alice") == "0 0 0");
  CHECK(feed_items(target.connection).empty());
  CHECK(target.count("pending_ops") == 2);
  CHECK(target.count("likes") == 0);
}

TEST_CASE("a record whose type is not its collection's is rejected, with a reason") {
  // Records were indexed by $type whatever their path, and could then not be deleted.
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const firehose_builder::fields as_post{
      {"$type", "app.bsky.feed.post"}, {"text", "x"}, {"createdAt", record_time}};
  const firehose_builder::fields untyped{{"text", "x"}, {"createdAt", record_time}};
  events.create("bob", "app.bsky.feed.like/l1", as_post);
  events.create(
      "bob", "app.bsky.feed.post/p2",
      {{"$type", "app.bsky.feed.like"}, {"subject", ref_to(post)}, {"createdAt", record_time}});
  events.create("bob", "app.bsky.feed.post/p3", untyped);
  events.create("bob", "com.example.other/p4", as_post);
  events.create("bob", "app.bsky.feed.post/bad key", as_post);
  events.create("bob", "app.bsky.feed.post/..", as_post);
  events.post("bob", "good");
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.rejected == lines{"app.bsky.feed.like/l1", "app.bsky.feed.post/p2",
                                 "app.bsky.feed.post/p3", "app.bsky.feed.post/bad key",
                                 "app.bsky.feed.post/.."});
  CHECK(target.reasons == std::map<std::string, int>{
                              {"missing_field", 2}, {"bad_type_field", 1}, {"bad_record_key", 2}});
  CHECK(feed_items(target.connection) == lines{"alice alice/p1", "bob bob/good"});
  CHECK(target.count("likes") == 0);
}

TEST_CASE("an unlike and a new like end with a like, in one batch or in many") {
  // Reordered, the new like met the old one's unique key and was dropped; then the old one went.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 2, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto first = events.like("bob", "l1", post);
  events.remove(first);
  events.like("bob", "l2", post);
  index_target target;
  target.apply(events.take(), batch);
  CHECK(counts(target.connection, post) == "1 0 0 0");
  CHECK(value(target.connection, "SELECT string_agg(rkey, ' ') FROM likes") == "l2");
  CHECK(notifications(target.connection) == lines{"alice like bob/l2 of alice/p1"});
}

TEST_CASE("of two likes of one post one counts, and the other takes over") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 2, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto first = events.like("bob", "l1", post);
  events.like("bob", "l2", post);
  index_target target;
  target.apply(events.take(), batch);
  CHECK(counts(target.connection, post) == "1 0 0 0");
  CHECK(target.count("likes") == 2);
  events.remove(first);
  target.apply(events.take(), batch);
  CHECK(counts(target.connection, post) == "1 0 0 0");
  CHECK(notifications(target.connection) == lines{"alice like bob/l2 of alice/p1"});
}

TEST_CASE("a duplicate that would take over is parked when the post is deleted in the same batch") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  const bool post_goes_first = GENERATE(false, true);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto like = events.like("bob", "l1", post);
  const auto repost = events.repost("bob", "r1", post);
  events.like("bob", "l2", post);
  events.repost("bob", "r2", post);
  index_target target;
  target.apply(events.take(), 100);
  if (post_goes_first)
    events.remove(post);
  events.remove(like);
  events.remove(repost);
  if (!post_goes_first)
    events.remove(post);
  target.apply(events.take(), batch);
  CHECK(target.count("pending_ops") == 2);
  CHECK(counts(target.connection, post) == "0 0 0 0");
  CHECK(notifications(target.connection).empty());
  CHECK(target.count("feed_items") == 0);
}
