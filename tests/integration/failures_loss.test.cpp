#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>

// Data loss that one writer can show; what needs a stream is in failures_stream.test.cpp. The
// comment of each case says how the system that Prism replaces failed.

using namespace prism;
using namespace prism::test;

using lines = std::vector<std::string>;

TEST_CASE("a post is stored although replies and quotes were counted before it came") {
  // Their aggregate row made the post's own insert fail, and with it the post and its feed item.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto root = events.post("alice", "root");
  events.reply("bob", "reply", root, root);
  events.quote("carol", "quote", root);
  index_target target;
  target.apply(events.in_order({1, 2, 0}), batch);
  CHECK(target.count("posts") == 3);
  CHECK(feed_items(target.connection) ==
        lines{"alice alice/root", "bob bob/reply", "carol carol/quote"});
  CHECK(counts(target.connection, root) == "0 0 1 1");
}

TEST_CASE("one user's like and repost of a post are both kept, in either order") {
  // A unique row per viewer and post made the second of the two fail, and took it back.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  events.like("bob", "l1", post);
  events.repost("bob", "r1", post);
  events.repost("carol", "r2", post);
  events.like("carol", "l2", post);
  index_target target;
  for (const auto& order : events.orders()) {
    target.clear();
    target.apply(events.in_order(order), batch);
    CHECK(counts(target.connection, post) == "2 2 0 0");
    CHECK(target.count("likes") == 2);
    CHECK(target.count("reposts") == 2);
  }
}

TEST_CASE("a record that is created and deleted at once leaves no trace, however batches are cut") {
  // Work of one repo ran in parallel: a delete before its create left the record for ever.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 2, 3, 7, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  for (int i = 0; i < 20; ++i) {
    const auto who = "user" + std::to_string(i);
    const auto like = events.like(who, "l1", post);
    events.remove(like);
    if (i % 2 == 0)
      events.like(who, "l1", post); // the same key again
    events.remove(events.post(who, "p2"));
  }
  index_target target;
  target.apply(events.take(), batch);
  CHECK(target.count("likes") == 10);
  CHECK(counts(target.connection, post) == "10 0 0 0");
  CHECK(target.count("posts") == 1);
  CHECK(feed_items(target.connection) == lines{"alice alice/p1"});
}

TEST_CASE("repeated events count once") {
  // Counts went up with every delivery, whether a row was inserted or not.
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  events.like("bob", "l1", post);
  events.repost("bob", "r1", post);
  events.reply("bob", "p2", post, post);
  events.quote("bob", "p3", post);
  events.follow("bob", "f1", "alice");
  events.remove(events.like("carol", "l2", post));
  const auto frames = events.take();
  index_target target;
  target.apply(frames, 3);
  const auto once = target.fingerprints();
  CHECK(counts(target.connection, post) == "1 1 1 1");
  CHECK(user_counts(target.connection, "alice") == "1 0 1");
  for (const std::size_t batch : {1, 2, 100}) {
    target.apply(frames, batch);
    CHECK(target.fingerprints() == once);
  }
  // From the middle on, as after a crash.
  target.apply({frames.begin() + 3, frames.end()}, 2);
  CHECK(target.fingerprints() == once);
}

TEST_CASE("a batch that fails half way leaves nothing, and reports why") {
  // Errors were caught inside the transaction, whose commit then was a silent rollback.
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  index_target target;
  target.apply(events.take(), 100);
  REQUIRE(target.connection.exec_script(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION "
      "''refused''; END'; CREATE TRIGGER refuse BEFORE INSERT ON likes FOR EACH ROW EXECUTE "
      "FUNCTION refuse()"));
  const auto before = target.fingerprints();
  events.post("bob", "p2");
  events.like("bob", "l1", post);
  const auto batch = target.batch_of(events.take());
  const auto done = db::apply_batch(target.connection, {}, batch);
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == "P0001");
  CHECK(done.error().cls == db::error_class::poison);
  CHECK(target.fingerprints() == before);
  CHECK(value(target.connection, "SELECT max(seq) FROM firehose_cursor") == "1");
  // The same batch is good once the reason is gone.
  REQUIRE(target.connection.exec_script("DROP TRIGGER refuse ON likes"));
  REQUIRE(db::apply_batch(target.connection, {}, batch));
  CHECK(counts(target.connection, post) == "1 0 0 0");
  CHECK(value(target.connection, "SELECT max(seq) FROM firehose_cursor") == "3");
}

TEST_CASE("updates replace what they update") {
  // Updates of posts, lists, list items and follows were dropped.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto time = record_time;
  events.post("alice", "p1", {{"text", "old"}});
  events.list("alice", "li1", {{"name", "old"}});
  events.list("alice", "li2");
  const record_ref list{"at://did:plc:alice/app.bsky.graph.list/li2", {}};
  events.list_item("alice", "it1", list, "bob");
  events.follow("alice", "f1", "bob");
  events.update("alice", "app.bsky.feed.post/p1",
                {{"$type", "app.bsky.feed.post"}, {"text", "new"}, {"createdAt", time}});
  events.update("alice", "app.bsky.graph.list/li1",
                {{"$type", "app.bsky.graph.list"},
                 {"name", "new"},
                 {"purpose", "app.bsky.graph.defs#modlist"},
                 {"createdAt", time}});
  events.update("alice", "app.bsky.graph.listitem/it1",
                {{"$type", "app.bsky.graph.listitem"},
                 {"list", list.uri},
                 {"subject", did_of("carol")},
                 {"createdAt", time}});
  events.update(
      "alice", "app.bsky.graph.follow/f1",
      {{"$type", "app.bsky.graph.follow"}, {"subject", did_of("carol")}, {"createdAt", time}});
  index_target target;
  target.apply(events.take(), batch);
  auto& on = target.connection;
  CHECK(value(on, "SELECT string_agg(text, ' ') FROM posts") == "new");
  CHECK(value(on, "SELECT name || ' ' || purpose FROM lists WHERE name <> 'a list'") ==
        "new app.bsky.graph.defs#modlist");
  const std::string subject_of = "SELECT string_agg(did, ' ') FROM users u JOIN ";
  CHECK(value(on, subject_of + "list_items t ON t.subject_id = u.id") == did_of("carol"));
  CHECK(value(on, subject_of + "follows t ON t.subject_id = u.id") == did_of("carol"));
  CHECK(value(on, "SELECT sum(member_count) FROM list_aggregates") == "1");
  CHECK(user_counts(on, "bob") == "0 0 0");
  CHECK(user_counts(on, "carol") == "1 0 0");
}

TEST_CASE("deletes of profiles and verifications are applied, gates and list blocks are stored") {
  // The deletes did nothing, and post gates and list blocks were only logged.
  const auto time = record_time;
  firehose_builder events;
  const auto profile = events.create("alice", "app.bsky.actor.profile/self",
                                     {{"$type", "app.bsky.actor.profile"}, {"displayName", "A"}});
  const auto verified = events.create("alice", "app.bsky.graph.verification/v1",
                                      {{"$type", "app.bsky.graph.verification"},
                                       {"subject", did_of("bob")},
                                       {"handle", "bob.test"},
                                       {"displayName", "B"},
                                       {"createdAt", time}});
  const auto post = events.post("alice", "p1");
  const auto gate =
      events.create("alice", "app.bsky.feed.postgate/p1",
                    {{"$type", "app.bsky.feed.postgate"}, {"post", post.uri}, {"createdAt", time}});
  const auto list = events.list("bob", "li1");
  const auto block = events.create(
      "alice", "app.bsky.graph.listblock/lb1",
      {{"$type", "app.bsky.graph.listblock"}, {"subject", list.uri}, {"createdAt", time}});
  index_target target;
  target.apply(events.take(), 100);
  const std::vector<std::string> tables{"profiles", "verifications", "post_gates", "list_blocks"};
  for (const auto& table : tables)
    CHECK(target.count(table) == 1);
  for (const auto& each : {profile, verified, gate, block})
    events.remove(each);
  target.apply(events.take(), 100);
  for (const auto& table : tables)
    CHECK(target.count(table) == 0);
}

TEST_CASE("a deleted account is gone, a suspended one is marked, and #sync moves the head") {
  // All three kinds of events were ignored.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto hers = events.post("bob", "p2");
  events.like("bob", "l1", post);
  events.repost("bob", "r1", post);
  events.reply("bob", "p3", post, post);
  events.quote("bob", "p4", post);
  events.follow("bob", "f1", "alice");
  events.follow("alice", "f2", "bob");
  events.like("alice", "l2", hers);
  events.list("bob", "li1");
  events.create("bob", "app.bsky.actor.profile/self", {{"$type", "app.bsky.actor.profile"}});
  events.account("carol", false, "suspended");
  events.sync("alice");
  const auto synced = events.size();
  events.account("bob", false, "deleted");
  index_target target;
  target.apply(events.take(), batch);
  auto& on = target.connection;
  CHECK(counts(on, post) == "0 0 0 0");
  CHECK(user_counts(on, "alice") == "0 1 1"); // that she follows him is her own record
  CHECK(user_counts(on, "bob") == "1 0 0");
  for (const auto* table : {"likes", "reposts", "lists", "profiles"}) {
    INFO(table);
    CHECK(target.count(std::string{table} +
                       " WHERE creator_id = (SELECT id FROM users WHERE did = 'did:plc:bob')") ==
          0);
  }
  CHECK(target.count("pending_ops") == 1); // her like waits for a post that may come again
  CHECK(feed_items(on) == lines{"alice alice/p1"});
  CHECK(notifications(on).empty());
  CHECK(value(on, "SELECT status FROM users WHERE did = 'did:plc:bob'") == "deleted");
  CHECK(value(on, "SELECT status FROM users WHERE did = 'did:plc:carol'") == "suspended");
  CHECK(value(on, "SELECT commit_time = timestamptz '2026-11-01 00:00:00Z' + " +
                      std::to_string(synced - 1) +
                      " * interval '1 second' FROM repos r JOIN users u ON u.id = r.user_id "
                      "WHERE u.did = 'did:plc:alice'") == "true");
}

TEST_CASE("NUL in embeds and facets, and names of any allowed length, lose nothing") {
  // NUL in JSON and names longer than a column made the database refuse the whole record.
  const std::string nul{"a\0b", 3};
  firehose_builder events;
  events.post(
      "alice", "p1",
      {{"text", nul},
       {"embed",
        {{"$type", "app.bsky.embed.external"},
         {"external", {{"uri", "https://example.com"}, {"title", nul}, {"description", nul}}}}},
       {"facets",
        {{{"index", {{"byteStart", 0}, {"byteEnd", 1}}},
          {"features", {{{"$type", "app.bsky.richtext.facet#tag"}, {"tag", nul}, {nul, nul}}}}}}}});
  std::string name; // 64 letters, each with marks: 640 bytes, 256 code points
  for (int i = 0; i < 64; ++i)
    name += "x\xE2\x83\x90\xE2\x83\x90\xE2\x83\x90";
  events.create("alice", "app.bsky.actor.profile/self",
                {{"$type", "app.bsky.actor.profile"}, {"displayName", name}});
  events.list("alice", "li1", {{"name", std::string(300, 'x')}});
  events.list("alice", "li2", {{"name", std::string(64, 'x')}});
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.rejected == lines{"app.bsky.graph.list/li1"});
  CHECK(value(target.connection, "SELECT text FROM posts") == "a\xEF\xBF\xBD"
                                                              "b");
  CHECK(target.count("lists WHERE length(name) = 64") == 1);
  CHECK(target.count("profiles WHERE octet_length(display_name) = 640") == 1);
}
