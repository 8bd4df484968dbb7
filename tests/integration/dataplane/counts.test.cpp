// GetInteractionCounts, GetCountsForUsers, GetListCounts, GetListCount, GetStarterPackCounts.

#include "tests/integration/dataplane/asking.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

namespace {

using fields = firehose_builder::fields;

constexpr db::micros day = INT64_C(86'400'000'000);

/// "likes reposts replies quotes", one for each uri.
[[nodiscard]] std::vector<std::string> interactions(db::executor& on,
                                                    const std::vector<std::string>& uris) {
  bsky::GetInteractionCountsRequest request;
  for (const auto& uri : uris)
    request.add_refs()->set_uri(uri);
  const auto answer = ask<bsky::GetInteractionCountsResponse>(on, "GetInteractionCounts", request);
  REQUIRE(answer.bookmarks_size() == answer.likes_size());
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(answer.likes_size()));
  for (int i = 0; i < answer.likes_size(); ++i)
    out.push_back(fmt::format("{} {} {} {}", answer.likes(i), answer.reposts(i), answer.replies(i),
                              answer.quotes(i)));
  return out;
}

record_ref feed(firehose_builder& events, std::string_view who, std::string_view rkey) {
  return events.create(who, "app.bsky.feed.generator/" + std::string{rkey},
                       {{"$type", "app.bsky.feed.generator"},
                        {"did", "did:web:feeds.test"},
                        {"displayName", "x"},
                        {"createdAt", record_time}});
}

record_ref pack(firehose_builder& events, std::string_view who, std::string_view rkey) {
  return events.create(who, "app.bsky.graph.starterpack/" + std::string{rkey},
                       {{"$type", "app.bsky.graph.starterpack"},
                        {"name", "x"},
                        {"list", "at://" + did_of(who) + "/app.bsky.graph.list/li1"},
                        {"createdAt", record_time}});
}

} // namespace

TEST_CASE("interactions of posts and of other records are counted, each in its place") {
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto quiet = events.post("alice", "p2");
  const auto liked_feed = feed(events, "alice", "f1");
  events.like("bob", "l1", post);
  events.like("carol", "l1", post);
  events.like("bob", "l2", post); // a duplicate
  events.repost("bob", "r1", post);
  events.reply("bob", "p1", post, post);
  events.quote("carol", "p1", post);
  events.like("bob", "l3", liked_feed);
  index_target target;
  target.apply(events.take(), 20);
  CHECK(interactions(target.connection,
                     {quiet.uri, post.uri, "", "no uri", "at://did:plc:nobody/app.bsky.feed.post/1",
                      std::string{"at://\0", 6}, liked_feed.uri, post.uri}) ==
        std::vector<std::string>{"0 0 0 0", "2 1 1 1", "0 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0",
                                 "1 0 0 0", "2 1 1 1"});
  CHECK(interactions(target.connection, {}).empty());
}

TEST_CASE("counts of users have their lists, feeds and starter packs") {
  firehose_builder events;
  events.post("alice", "p1");
  events.post("alice", "p2");
  events.follow("alice", "f1", "bob");
  events.follow("bob", "f1", "alice");
  events.follow("carol", "f1", "alice");
  events.list("alice", "li1");
  feed(events, "alice", "g1");
  pack(events, "alice", "s1");
  pack(events, "alice", "s2");
  index_target target;
  target.apply(events.take(), 20);
  must(target.connection.exec_script("INSERT INTO lists (id, creator_id, created_at, commit_time, "
                                     "name, purpose, cid, record) SELECT "
                                     "1000000 + i, (SELECT id FROM users WHERE did = "
                                     "'did:plc:carol'), now(), now(), '', '', '', '' "
                                     "FROM generate_series(1, 1500) i"));
  bsky::GetCountsForUsersRequest request;
  for (const auto* who : {"nobody", "carol", "alice", "alice"})
    request.add_dids(did_of(who));
  const auto answer =
      ask<bsky::GetCountsForUsersResponse>(target.connection, "GetCountsForUsers", request);
  REQUIRE(answer.drafts_size() == 4);
  std::string found;
  for (int i = 0; i < 4; ++i)
    found +=
        fmt::format("{} {} {} {} {} {}, ", answer.posts(i), answer.following(i),
                    answer.followers(i), answer.lists(i), answer.feeds(i), answer.starter_packs(i));
  // What one user has is counted to 1,000.
  CHECK(found == "0 0 0 0 0 0, 0 1 0 1000 0 0, 2 1 2 1 1 2, 2 1 2 1 1 2, ");
}

TEST_CASE("members of lists are counted") {
  firehose_builder events;
  const auto list = events.list("alice", "li1");
  const auto empty = events.list("alice", "li2");
  events.list_item("alice", "i1", list, "bob");
  events.list_item("alice", "i2", list, "carol");
  events.list_item("alice", "i3", list, "carol"); // a duplicate
  index_target target;
  target.apply(events.take(), 20);
  bsky::GetListCountsRequest request;
  for (const auto& each : {empty.uri, list.uri, std::string{"?"}, list.uri})
    request.add_refs()->set_uri(each);
  const auto answer = ask<bsky::GetListCountsResponse>(target.connection, "GetListCounts", request);
  CHECK(std::vector<std::int32_t>{answer.list_items().begin(), answer.list_items().end()} ==
        std::vector<std::int32_t>{0, 2, 0, 2});
  bsky::GetListCountRequest one;
  one.set_list_uri(list.uri);
  CHECK(ask<bsky::GetListCountResponse>(target.connection, "GetListCount", one).count() == 2);
}

TEST_CASE("those who joined by a starter pack are counted, and those of the last week") {
  firehose_builder events;
  const auto joined = pack(events, "alice", "s1");
  const auto other = pack(events, "alice", "s2");
  const auto join = [&](std::string_view who, std::string_view created_at) {
    fields profile{{"$type", "app.bsky.actor.profile"}, {"joinedViaStarterPack", ref_to(joined)}};
    if (!created_at.empty())
      profile["createdAt"] = created_at;
    events.create(who, "app.bsky.actor.profile/self", profile);
  };
  join("bob", "2020-01-01T00:00:00.000Z");
  join("carol", "2026-11-10T00:00:00.000Z");
  join("dan", "");
  index_target target;
  target.apply(events.take(), 20);
  must(target.connection.exec_script("UPDATE profiles SET commit_time = '2026-11-11T00:00:00Z'"));
  const auto counts = [&](db::micros now) {
    bsky::GetStarterPackCountsRequest request;
    for (const auto& each : {other.uri, joined.uri})
      request.add_refs()->set_uri(each);
    const auto answer = ask<bsky::GetStarterPackCountsResponse>(
        target.connection, "GetStarterPackCounts", request, now);
    REQUIRE(answer.joined_week(0) == 0);
    REQUIRE(answer.joined_all_time(0) == 0);
    return fmt::format("{} {}", answer.joined_all_time(1), answer.joined_week(1));
  };
  constexpr db::micros eleventh = INT64_C(1'794'355'200'000'000); // 2026-11-11T00:00:00Z
  CHECK(counts(eleventh) == "3 2");
  CHECK(counts(eleventh + 6 * day + day / 2) == "3 1"); // carol said the tenth
  CHECK(counts(eleventh + 8 * day) == "3 0");
}

TEST_CASE("of a call about many starter packs all together have a greatest number, too") {
  firehose_builder events;
  const auto joined = pack(events, "alice", "s1");
  events.create("bob", "app.bsky.actor.profile/self",
                {{"$type", "app.bsky.actor.profile"}, {"joinedViaStarterPack", ref_to(joined)}});
  index_target target;
  target.apply(events.take(), 20);
  must(target.connection.exec_script(R"sql(
    INSERT INTO profiles (creator_id, rkey, created_at, commit_time, joined_via_id, cid, record,
        place)
      SELECT 1000000 + i, 'self', created_at, now(), joined_via_id, cid, record, 0
      FROM profiles CROSS JOIN generate_series(1, 5999) i WHERE rkey = 'self';
  )sql"));
  const auto counted = [&](int packs) {
    bsky::GetStarterPackCountsRequest request;
    for (int i = 0; i < packs; ++i)
      request.add_refs()->set_uri(joined.uri);
    return ask<bsky::GetStarterPackCountsResponse>(target.connection, "GetStarterPackCounts",
                                                   request)
        .joined_all_time(0);
  };
  CHECK(counted(1) == 6'000);
  CHECK(counted(100) == 6'000);
  CHECK(counted(200) == 5'000);
}

TEST_CASE("profiles beside an account's own count for no starter pack") {
  firehose_builder events;
  const auto joined = pack(events, "alice", "s1");
  events.create("bob", "app.bsky.actor.profile/self",
                {{"$type", "app.bsky.actor.profile"}, {"joinedViaStarterPack", ref_to(joined)}});
  index_target target;
  target.apply(events.take(), 20);
  must(target.connection.exec_script(R"sql(
    INSERT INTO profiles (creator_id, rkey, created_at, commit_time, joined_via_id, cid, record,
        place)
      SELECT creator_id, 'x' || i, created_at, now(), joined_via_id, cid, record, 0
      FROM profiles CROSS JOIN generate_series(1, 20000) i WHERE rkey = 'self';
    ANALYZE profiles;
  )sql"));
  bsky::GetStarterPackCountsRequest request;
  request.add_refs()->set_uri(joined.uri);
  const auto answer =
      ask<bsky::GetStarterPackCountsResponse>(target.connection, "GetStarterPackCounts", request);
  CHECK(answer.joined_all_time(0) == 1);
}
