// Notifications as the AppView asks for them: what each says, and those of followed accounts alone.

#include "tests/integration/dataplane/asking.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

using texts = std::vector<std::string>;

/// Without "at://did:plc:" and the collection's first two parts.
[[nodiscard]] std::string short_uri(std::string_view uri) {
  constexpr std::string_view before = "at://did:plc:";
  constexpr std::string_view bsky = "app.bsky.";
  if (uri.empty())
    return "nothing";
  std::string out{uri.substr(before.size())};
  out.erase(out.find(bsky), bsky.size());
  return out;
}

/// The notifications of a user, sorted: reason, record, subject, and "!" if the author is followed.
[[nodiscard]] texts notifications(db::executor& on, std::string_view who, bool priority = false) {
  bsky::GetNotificationsRequest request;
  request.set_actor_did(did_of(who));
  request.set_limit(50);
  request.set_priority(priority);
  const auto page = ask<bsky::GetNotificationsResponse>(on, "GetNotifications", request);
  texts out;
  for (const auto& each : page.notifications()) {
    CHECK(each.recipient_did() == did_of(who));
    CHECK(each.timestamp().seconds() > 0);
    out.push_back(each.reason() + " " + short_uri(each.uri()) + " of " +
                  short_uri(each.reason_subject()) + (each.priority() ? " !" : ""));
  }
  std::ranges::sort(out);
  return out;
}

[[nodiscard]] std::int32_t unread(db::executor& on, std::string_view who) {
  bsky::GetUnreadNotificationCountRequest request;
  request.set_actor_did(did_of(who));
  return ask<bsky::GetUnreadNotificationCountResponse>(on, "GetUnreadNotificationCount", request)
      .count();
}

record_ref create(firehose_builder& events, std::string_view who, const std::string& collection,
                  const std::string& rkey, firehose_builder::fields record) {
  record["$type"] = collection;
  record["createdAt"] = record_time;
  return events.create(who, collection + "/" + rkey, record);
}

} // namespace

TEST_CASE("each notification says its reason, its record and what that is about") {
  firehose_builder events;
  const auto post = events.post("alice", "p");
  events.like("bob", "l", post);
  events.repost("bob", "r", post);
  events.follow("bob", "f", "alice");
  events.reply("bob", "reply", post, post);
  events.quote("bob", "quote", post);
  events.post("bob", "mention",
              {{"facets",
                {{{"index", {{"byteStart", 0}, {"byteEnd", 1}}},
                  {"features",
                   {{{"$type", "app.bsky.richtext.facet#mention"}, {"did", did_of("alice")}}}}}}}});
  const auto other = events.post("carol", "p");
  const auto via = events.repost("alice", "r", other);
  events.like("dan", "via", other, {{"via", ref_to(via)}});
  create(events, "dan", "app.bsky.feed.repost", "via",
         {{"subject", ref_to(other)}, {"via", ref_to(via)}});
  const auto list = events.list("alice", "l", {{"purpose", "app.bsky.graph.defs#referencelist"}});
  const auto pack = create(events, "alice", "app.bsky.graph.starterpack", "pack",
                           {{"name", "a pack"}, {"list", list.uri}});
  create(events, "erin", "app.bsky.actor.profile", "self",
         {{"joinedViaStarterPack", ref_to(pack)}});
  const firehose_builder::fields of_alice{
      {"subject", did_of("alice")}, {"handle", "alice.test"}, {"displayName", "Alice"}};
  create(events, "bob", "app.bsky.graph.verification", "v1", of_alice);
  events.remove(create(events, "carol", "app.bsky.graph.verification", "v2", of_alice));
  events.follow("alice", "f", "dan");
  index_target target;
  target.apply(events.take(), 100);
  auto& on = target.connection;
  CHECK(target.reasons.empty());
  must(on.exec_script("UPDATE users SET indexed_at = now()"));
  const texts followed{"like-via-repost dan/feed.like/via of alice/feed.repost/r !",
                       "repost-via-repost dan/feed.repost/via of alice/feed.repost/r !"};
  texts all{"follow bob/graph.follow/f of nothing",
            "like bob/feed.like/l of alice/feed.post/p",
            "mention bob/feed.post/mention of nothing",
            "quote bob/feed.post/quote of alice/feed.post/p",
            "reply bob/feed.post/reply of alice/feed.post/p",
            "repost bob/feed.repost/r of alice/feed.post/p",
            "starterpack-joined erin/actor.profile/self of alice/graph.starterpack/pack",
            "unverified carol/graph.verification/v2 of nothing",
            "verified bob/graph.verification/v1 of nothing",
            "verified carol/graph.verification/v2 of nothing"};
  all.insert(all.end(), followed.begin(), followed.end());
  std::ranges::sort(all);
  CHECK(notifications(on, "alice") == all);
  CHECK(notifications(on, "alice", true) == followed);
  CHECK(unread(on, "alice") == 10); // the record v2 is gone
}

TEST_CASE("a like of anything that can be liked is listed while that is there") {
  firehose_builder events;
  const auto feed = create(events, "alice", "app.bsky.feed.generator", "feed",
                           {{"did", "did:web:feeds.test"}, {"displayName", "a feed"}});
  const auto list = events.list("alice", "list");
  const auto labeler = create(events, "alice", "app.bsky.labeler.service", "self",
                              {{"policies", {{"labelValues", boost::json::array{}}}}});
  const auto pack = create(events, "alice", "app.bsky.graph.starterpack", "pack",
                           {{"name", "a pack"}, {"list", list.uri}});
  const auto profile = record_ref{"at://did:plc:alice/app.bsky.actor.profile/self", list.cid};
  int n = 0;
  for (const auto& each : {feed, list, labeler, pack, profile})
    events.like("bob", "l" + std::to_string(++n), each);
  index_target target;
  target.apply(events.take(), 100);
  auto& on = target.connection;
  CHECK(target.reasons.empty());
  texts expected{"like bob/feed.like/l1 of alice/feed.generator/feed",
                 "like bob/feed.like/l2 of alice/graph.list/list",
                 "like bob/feed.like/l3 of alice/labeler.service/self",
                 "like bob/feed.like/l4 of alice/graph.starterpack/pack"};
  CHECK(notifications(on, "alice") == expected);
  for (const auto& each : {feed, list, labeler, pack}) {
    events.remove(each);
    target.apply(events.take(), 100);
    expected.erase(expected.begin());
    CHECK(notifications(on, "alice") == expected);
  }
}
