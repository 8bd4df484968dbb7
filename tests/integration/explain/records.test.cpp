// Planted cases: records that are stored.

#include "tests/integration/explain/explained.hpp"

using namespace prism;
using namespace prism::test;
using Catch::Contains;

namespace {

void gate(firehose_builder& events, std::string_view type, const record_ref& post,
          const boost::json::object& more) {
  boost::json::object record{{"$type", fmt::format("app.bsky.feed.{}", type)},
                             {"post", post.uri},
                             {"createdAt", record_time}};
  for (const auto& [key, value] : more)
    record[key] = value;
  const auto rkey = post.uri.substr(post.uri.rfind('/') + 1);
  events.create("alice", fmt::format("app.bsky.feed.{}/{}", type, rkey), record);
}

} // namespace

TEST_CASE("explain: a post is here, a like of it counts, the second one does not") {
  explained target;
  const auto p1 = target.events.post("alice", "p1");
  const auto l1 = target.events.like("bob", "l1", p1);
  const auto l2 = target.events.like("bob", "l2", p1);
  target.index();
  CHECK(target.verdict_of(p1.uri) == "here");
  const auto first = target.why(l1.uri);
  CHECK(first.answer == verdict::here);
  CHECK_THAT(first.sentence, Contains("counts") && Contains("seq 2"));
  CHECK_THAT(detail(first, "it counts", check_result::yes), Contains("first"));
  const auto second = target.why(l2.uri);
  CHECK(second.answer == verdict::here_not_counted);
  CHECK_THAT(second.sentence, Contains(l1.uri));
  CHECK_THAT(detail(second, "it counts", check_result::no), Contains("seq 2"));

  target.events.remove(l1);
  target.index();
  CHECK(target.verdict_of(l2.uri) == "here");
}

TEST_CASE("explain: every collection is found in its table") {
  explained target;
  auto& events = target.events;
  const auto post = events.post("alice", "p1");
  const auto list = events.list("alice", "s1");
  const std::vector<record_ref> all{
      post,
      list,
      events.like("bob", "x", post),
      events.repost("bob", "x", post),
      events.follow("bob", "x", "alice"),
      events.list_item("alice", "x", list, "bob"),
      events.create("bob", "app.bsky.graph.block/x",
                    {{"$type", "app.bsky.graph.block"},
                     {"subject", did_of("carol")},
                     {"createdAt", record_time}}),
      events.create("bob", "app.bsky.graph.listblock/x",
                    {{"$type", "app.bsky.graph.listblock"},
                     {"subject", list.uri},
                     {"createdAt", record_time}}),
      events.create("bob", "app.bsky.graph.verification/x",
                    {{"$type", "app.bsky.graph.verification"},
                     {"subject", did_of("alice")},
                     {"handle", "alice.example"},
                     {"displayName", "Alice"},
                     {"createdAt", record_time}}),
      events.create("bob", "app.bsky.feed.generator/x",
                    {{"$type", "app.bsky.feed.generator"},
                     {"did", "did:web:feeds.example"},
                     {"displayName", "a feed"},
                     {"createdAt", record_time}}),
      events.create("bob", "app.bsky.graph.starterpack/x",
                    {{"$type", "app.bsky.graph.starterpack"},
                     {"name", "a pack"},
                     {"list", list.uri},
                     {"createdAt", record_time}}),
      events.create("bob", "app.bsky.actor.profile/self", {{"$type", "app.bsky.actor.profile"}}),
      events.create(
          "alice", "app.bsky.feed.threadgate/p1",
          {{"$type", "app.bsky.feed.threadgate"}, {"post", post.uri}, {"createdAt", record_time}}),
      events.create(
          "alice", "app.bsky.feed.postgate/p1",
          {{"$type", "app.bsky.feed.postgate"}, {"post", post.uri}, {"createdAt", record_time}}),
      events.create(
          "bob", "app.bsky.notification.declaration/self",
          {{"$type", "app.bsky.notification.declaration"}, {"allowSubscriptions", "followers"}}),
      events.create("bob", "chat.bsky.actor.declaration/self",
                    {{"$type", "chat.bsky.actor.declaration"}, {"allowIncoming", "all"}})};
  target.index(10);
  CHECK(target.reasons.empty());
  for (const auto& each : all) {
    CAPTURE(each.uri);
    CHECK(target.verdict_of(each.uri) == "here");
  }
}

TEST_CASE("explain: the gate of a thread hides a reply, and its author another one") {
  explained target;
  auto& events = target.events;
  const auto p1 = events.post("alice", "p1");
  const auto early = events.reply("carol", "r0", p1, p1);
  gate(events, "threadgate", p1,
       {{"allow", boost::json::array{}}, {"hiddenReplies", boost::json::array{early.uri}}});
  const auto reply = events.reply("bob", "r1", p1, p1);
  target.index();
  const auto refused = target.why(reply.uri);
  CHECK(refused.answer == verdict::here_hidden);
  CHECK_THAT(refused.sentence, Contains("gate of the thread " + p1.uri));
  CHECK_THAT(detail(refused, "the thread's gate allows it", check_result::no), Contains("seq 3"));
  const auto hidden = target.why(early.uri);
  CHECK(hidden.answer == verdict::here_hidden);
  CHECK_THAT(hidden.sentence, Contains("has hidden it"));
  static_cast<void>(detail(hidden, "the thread's gate allows it", check_result::yes));
  static_cast<void>(detail(hidden, "the thread's author shows it", check_result::no));
}

TEST_CASE("explain: a reply whose root is wrong, and one between accounts that block each other") {
  explained target;
  auto& events = target.events;
  const auto p1 = events.post("alice", "p1");
  const auto p2 = events.post("alice", "p2");
  const auto r1 = events.reply("bob", "r1", p1, p1);
  const auto wrong = events.reply("bob", "r2", r1, p2);
  target.index();
  CHECK(target.verdict_of(r1.uri) == "here");
  CHECK(target.verdict_of(wrong.uri) == "here_hidden");
  CHECK_THAT(detail(target.why(wrong.uri), "the root of its thread is right", check_result::no),
             Contains("another thread"));
  events.create(
      "alice", "app.bsky.graph.block/b1",
      {{"$type", "app.bsky.graph.block"}, {"subject", did_of("bob")}, {"createdAt", record_time}});
  target.index();
  const auto blocked = target.why(r1.uri);
  CHECK(blocked.answer == verdict::here_hidden);
  CHECK_THAT(blocked.sentence, Contains("did:plc:alice blocks the author"));
}

TEST_CASE("explain: a quote is detached, and another one not allowed") {
  explained target;
  auto& events = target.events;
  const auto p1 = events.post("alice", "p1");
  const auto q1 = events.quote("bob", "q1", p1);
  gate(events, "postgate", p1,
       {{"detachedEmbeddingUris", boost::json::array{q1.uri}},
        {"embeddingRules", boost::json::array{boost::json::object{
                               {"$type", "app.bsky.feed.postgate#disableRule"}}}}});
  const auto q2 = events.quote("bob", "q2", p1);
  target.index();
  const auto detached = target.why(q1.uri);
  CHECK(detached.answer == verdict::here_hidden);
  CHECK_THAT(detached.sentence, Contains("detached"));
  static_cast<void>(detail(detached, "its quote is allowed", check_result::yes));
  static_cast<void>(detail(detached, "its quote is not detached", check_result::no));
  const auto refused = target.why(q2.uri);
  CHECK(refused.answer == verdict::here_hidden);
  CHECK_THAT(refused.sentence, Contains("allows no quotes"));
}

TEST_CASE("explain: a record is deleted, and one of the same name is here afterwards") {
  explained target;
  const auto p1 = target.events.post("alice", "p1");
  target.events.remove(p1);
  target.index();
  const auto gone = target.why(p1.uri);
  CHECK(gone.answer == verdict::deleted);
  CHECK_THAT(gone.sentence, Contains("seq 2"));
  CHECK_THAT(detail(gone, "it was not deleted", check_result::no), Contains("seq 1"));
  static_cast<void>(target.events.post("alice", "p1"));
  target.index();
  CHECK(target.verdict_of(p1.uri) == "here");
}

TEST_CASE("explain: the older version is here, since the newest was refused") {
  explained target;
  const auto p1 = target.events.post("alice", "p1");
  static_cast<void>(target.bad_post("alice", "p1", "update"));
  target.index();
  const auto older = target.why(p1.uri);
  CHECK(older.answer == verdict::older_version);
  CHECK_THAT(older.sentence, Contains("seq 1") && Contains("$.text"));
}

TEST_CASE("explain: what inactive accounts made is stored and not shown") {
  explained target;
  const auto p1 = target.events.post("alice", "p1");
  const auto status = GENERATE("deactivated", "takendown", "suspended");
  target.events.account("alice", false, status);
  target.index();
  const auto answer = target.why(p1.uri);
  CHECK(answer.answer == verdict::account_inactive);
  CHECK_THAT(answer.sentence, Contains(status));
  CHECK_THAT(detail(answer, "the account is active", check_result::no), Contains("seq 2"));
  CHECK(target.verdict_of(did_of("alice")) == "account_inactive");
  target.events.account("alice", true);
  target.index();
  CHECK(target.verdict_of(p1.uri) == "here");
}
