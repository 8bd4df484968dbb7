#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>

// Wrong data: notifications, permissions and times; handles are in identity_node.test.cpp. The
// comment of each case says how the system that Prism replaces failed.

using namespace prism;
using namespace prism::test;

using lines = std::vector<std::string>;

namespace {

[[nodiscard]] firehose_builder::fields mention_of(std::string_view who) {
  return {
      {"text", "hello"},
      {"facets",
       {{{"index", {{"byteStart", 0}, {"byteEnd", 5}}},
         {"features", {{{"$type", "app.bsky.richtext.facet#mention"}, {"did", did_of(who)}}}}}}}};
}

} // namespace

TEST_CASE("a mention is a facet with a DID, whatever the text looks like") {
  // Text was searched for @handles: '@handle.invalid' notified users without handle, facets
  // notified none.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  events.identity("bob", "handle.invalid");
  events.identity("carol", "carol.test");
  events.post("alice", "p1", {{"text", "@handle.invalid @carol.test. @did:plc:carol"}});
  events.post("alice", "p2", mention_of("bob"));
  events.post("alice", "p3", mention_of("alice")); // oneself
  auto twice = mention_of("carol");
  auto& facets = twice["facets"].get_array();
  facets.push_back(facets.front());
  const auto post = events.post("alice", "p4", twice);
  index_target target;
  target.apply(events.take(), batch);
  CHECK(notifications(target.connection) ==
        lines{"bob mention alice/p2", "carol mention alice/p4"});
  events.remove(post);
  target.apply(events.take(), batch);
  CHECK(notifications(target.connection) == lines{"bob mention alice/p2"});
}

TEST_CASE("a reply notifies the authors above it, about the post that was replied to") {
  // It notified the parent's author only, with the reply itself as the subject.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto root = events.post("alice", "p1");
  const auto first = events.reply("bob", "p2", root, root);
  const auto second = events.reply("carol", "p3", first, root);
  events.reply("carol", "p4", second, root); // to herself
  index_target target;
  target.apply(events.take(), batch);
  CHECK(notifications(target.connection) ==
        lines{"alice reply bob/p2 of alice/p1", "alice reply carol/p3 of alice/p1",
              "alice reply carol/p4 of alice/p1", "bob reply carol/p3 of bob/p2",
              "bob reply carol/p4 of bob/p2"});
}

TEST_CASE("a reply that violates its thread's gate is kept and marked, but neither counted nor "
          "notified") {
  // Gates were stored, but never applied.
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto root = events.post("alice", "p1");
  events.create("alice", "app.bsky.feed.threadgate/p1",
                {{"$type", "app.bsky.feed.threadgate"},
                 {"post", root.uri},
                 {"allow", {{{"$type", "app.bsky.feed.threadgate#followingRule"}}}},
                 {"createdAt", record_time}});
  events.follow("alice", "f1", "bob");
  events.reply("bob", "p2", root, root);
  events.reply("carol", "p3", root, root);
  index_target target;
  target.apply(events.take(), batch);
  CHECK(counts(target.connection, root) == "0 0 1 0");
  CHECK(target.count("posts WHERE violates_thread_gate") == 1);
  CHECK(notifications(target.connection) ==
        lines{"alice reply bob/p2 of alice/p1", "bob follow alice/f1"});
}

TEST_CASE("an unfollow removes the notification of the follow") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto follow = events.follow("bob", "f1", "alice");
  events.follow("carol", "f1", "alice");
  events.remove(follow);
  index_target target;
  target.apply(events.take(), batch);
  CHECK(notifications(target.connection) == lines{"alice follow carol/f1"});
}

TEST_CASE("no repo adds to another's list, gates another's post, or labels in another's name") {
  // Items of foreign lists were accepted, and label records of any repo were trusted.
  firehose_builder events;
  const auto list = events.list("alice", "li1");
  const auto post = events.post("alice", "p1");
  events.list_item("bob", "it1", list, "bob");
  events.create(
      "bob", "app.bsky.feed.threadgate/p1",
      {{"$type", "app.bsky.feed.threadgate"}, {"post", post.uri}, {"createdAt", record_time}});
  events.create(
      "alice", "app.bsky.feed.postgate/other",
      {{"$type", "app.bsky.feed.postgate"}, {"post", post.uri}, {"createdAt", record_time}});
  events.create("bob", "com.atproto.label.label/x",
                {{"$type", "com.atproto.label.label"},
                 {"src", did_of("bob")},
                 {"uri", post.uri},
                 {"val", "spam"},
                 {"cts", record_time}});
  events.list_item("alice", "it1", list, "carol");
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.reasons ==
        std::map<std::string, int>{{"gate_of_other_post", 2}, {"list_of_other_repo", 1}});
  CHECK(value(target.connection, "SELECT sum(member_count) FROM list_aggregates") == "1");
  CHECK(target.count("list_items") == 1);
  CHECK(target.count("thread_gates") == 0);
  CHECK(target.count("post_gates") == 0);
}

TEST_CASE("every time has a zone, and a claimed date orders a feed only into the past") {
  // Columns had no time zone. A date in the future is filed under the time of its event.
  firehose_builder events;
  events.post("alice", "past", {{"createdAt", "1970-01-01T02:00:00+02:00"}});
  events.post("alice", "future", {{"createdAt", "2999-01-01T00:00:00Z"}});
  index_target target;
  target.apply(events.take(), 100);
  auto& on = target.connection;
  CHECK(value(on, "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' "
                  "AND data_type LIKE 'timestamp without%'") == "0");
  const std::string sort_at = "SELECT extract(epoch FROM sort_at)::bigint FROM feed_items f JOIN "
                              "uris u ON u.id = f.post_id WHERE u.rkey = ";
  CHECK(value(on, sort_at + "'past'") == "0");
  CHECK(value(on, sort_at + "'future'") == "1793491201"); // of its commit
  CHECK(value(on, "SELECT extract(year FROM max(created_at)) FROM posts") == "2999");
}
