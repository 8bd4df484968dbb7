// Lists of people and lists as they are asked for: pages, cursors, and whom a viewer knows.

#include "tests/integration/dataplane/asking.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace prism;
using namespace prism::test;

namespace {

using texts = std::vector<std::string>;

[[nodiscard]] bsky::GetFollowersRequest followers_of(std::string_view who, int limit,
                                                     std::string cursor = {}) {
  bsky::GetFollowersRequest out;
  out.set_actor_did(did_of(who));
  out.set_limit(limit);
  out.set_cursor(std::move(cursor));
  return out;
}

[[nodiscard]] bsky::GetFollowersResponse followers(db::executor& on,
                                                   const bsky::GetFollowersRequest& request) {
  return ask<bsky::GetFollowersResponse>(on, "GetFollowers", request);
}

template <class Response, class Request>
void check_refused(db::executor& on, const char* method, Request request) {
  INFO(method);
  request.set_limit(10);
  for (const auto* cursor : {"x", "1__", "__a", "1__a__b", "2024-11-23T00:00:00.000Z"}) {
    INFO(cursor);
    request.set_cursor(cursor);
    const auto answer = try_ask<Response>(on, method, request);
    REQUIRE(!answer);
    CHECK(answer.error().status == net::grpc_status::invalid_argument);
  }
  request.set_cursor("1732320000000__bafyreianli4jwrbzvdei4mzudf7jslp3n6yg72fbpih34kqemlj4lga2ce");
  CHECK(try_ask<Response>(on, method, request));
  request.set_limit(-1);
  CHECK(try_ask<Response>(on, method, request));
}

void look_everybody_up(index_target& target) {
  must(target.connection.exec_script("UPDATE users SET indexed_at = now()"));
}

} // namespace

TEST_CASE("followers come in pages; the last one has no cursor") {
  firehose_builder events;
  texts uris;
  for (const auto* who : {"bob", "carol", "dave", "erin"})
    uris.push_back(events.follow(who, "f1", "alice").uri);
  index_target target;
  target.apply(events.take(), 10);
  look_everybody_up(target);
  auto& on = target.connection;
  texts seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = followers(on, followers_of("alice", 2, cursor));
    for (const auto& each : page.followers()) {
      seen.push_back(each.uri());
      CHECK(each.subject_did() == did_of("alice"));
      CHECK(each.uri() == "at://" + each.actor_did() + "/app.bsky.graph.follow/f1");
    }
    cursor = page.cursor();
    ++pages;
  } while (!cursor.empty());
  CHECK(pages == 2);
  std::ranges::sort(seen);
  std::ranges::sort(uris);
  CHECK(seen == uris);
  CHECK(followers(on, followers_of("alice", 0)).followers().empty());
  CHECK(followers(on, followers_of("alice", 0)).cursor().empty());
}

TEST_CASE("a malformed cursor is an invalid argument of every list") {
  index_target target;
  auto& on = target.connection;
  check_refused<bsky::GetFollowersResponse>(on, "GetFollowers", bsky::GetFollowersRequest{});
  check_refused<bsky::GetFollowsResponse>(on, "GetFollows", bsky::GetFollowsRequest{});
  check_refused<bsky::GetLikesBySubjectResponse>(on, "GetLikesBySubject",
                                                 bsky::GetLikesBySubjectRequest{});
  check_refused<bsky::GetLikesBySubjectSortedResponse>(on, "GetLikesBySubjectSorted",
                                                       bsky::GetLikesBySubjectSortedRequest{});
  check_refused<bsky::GetRepostsBySubjectResponse>(on, "GetRepostsBySubject",
                                                   bsky::GetRepostsBySubjectRequest{});
  check_refused<bsky::GetQuotesBySubjectSortedResponse>(on, "GetQuotesBySubjectSorted",
                                                        bsky::GetQuotesBySubjectSortedRequest{});
  check_refused<bsky::GetActorLikesResponse>(on, "GetActorLikes", bsky::GetActorLikesRequest{});
  check_refused<bsky::GetActorRepostsResponse>(on, "GetActorReposts",
                                               bsky::GetActorRepostsRequest{});
  check_refused<bsky::GetActorListsResponse>(on, "GetActorLists", bsky::GetActorListsRequest{});
  check_refused<bsky::GetListMembersResponse>(on, "GetListMembers", bsky::GetListMembersRequest{});
  check_refused<bsky::GetActorFeedsResponse>(on, "GetActorFeeds", bsky::GetActorFeedsRequest{});
  check_refused<bsky::GetActorStarterPacksResponse>(on, "GetActorStarterPacks",
                                                    bsky::GetActorStarterPacksRequest{});
  check_refused<bsky::GetBlocksResponse>(on, "GetBlocks", bsky::GetBlocksRequest{});
  check_refused<bsky::GetBlocklistSubscriptionsResponse>(on, "GetBlocklistSubscriptions",
                                                         bsky::GetBlocklistSubscriptionsRequest{});
}

TEST_CASE("likes of a post that is not known are listed, the first of each account") {
  firehose_builder events;
  const record_ref unknown{"at://did:plc:carol/app.bsky.feed.post/p9", "bafy"};
  const auto known = events.post("carol", "p1");
  const auto first = events.like("alice", "l1", {unknown.uri, known.cid});
  events.like("alice", "l2", {unknown.uri, known.cid});
  const auto second = events.like("bob", "l1", {unknown.uri, known.cid});
  const auto plain = events.like("alice", "l3", known);
  index_target target;
  target.apply(events.take(), 10);
  bsky::GetLikesBySubjectRequest of_post;
  of_post.mutable_subject()->set_uri(unknown.uri);
  of_post.set_limit(10);
  const auto likes =
      ask<bsky::GetLikesBySubjectResponse>(target.connection, "GetLikesBySubject", of_post);
  texts found(likes.uris().begin(), likes.uris().end());
  std::ranges::sort(found);
  CHECK(found == texts{first.uri, second.uri});
  bsky::GetActorLikesRequest of_alice;
  of_alice.set_actor_did(did_of("alice"));
  of_alice.set_limit(10);
  const auto own = ask<bsky::GetActorLikesResponse>(target.connection, "GetActorLikes", of_alice);
  texts subjects;
  for (const auto& each : own.likes())
    subjects.push_back(each.uri() + " " + each.subject());
  std::ranges::sort(subjects);
  CHECK(subjects == texts{first.uri + " " + unknown.uri, plain.uri + " " + known.uri});
}

TEST_CASE("known followers and likers are those whom the viewer follows") {
  firehose_builder events;
  const auto post = events.post("zoe", "p1");
  int n = 0;
  for (const auto* who : {"bob", "carol", "dave"}) {
    events.follow(who, "f1", "zoe");
    events.like(who, "l1", post, {{"createdAt", fmt::format("2026-11-01T00:00:00.00{}Z", ++n)}});
  }
  for (const auto* whom : {"bob", "dave", "erin"})
    events.follow("alice", fmt::format("f{}", whom), whom);
  // Duplicates count once.
  events.follow("bob", "f2", "zoe");
  events.like("bob", "l2", post);
  events.follow("alice", "f2", "bob");
  index_target target;
  target.apply(events.take(), 10);
  auto& on = target.connection;
  // Alice follows three; zoe has three followers, bob one: both ways of looking.
  bsky::GetFollowsFollowingRequest request;
  request.set_actor_did(did_of("alice"));
  for (const auto* whom : {"zoe", "nobody", "bob", "zoe"})
    request.add_target_dids(did_of(whom));
  const auto known = ask<bsky::GetFollowsFollowingResponse>(on, "GetFollowsFollowing", request);
  REQUIRE(known.results_size() == 4);
  const auto dids = [&](int i) {
    texts out(known.results(i).dids().begin(), known.results(i).dids().end());
    std::ranges::sort(out);
    return out;
  };
  const texts both{did_of("bob"), did_of("dave")};
  CHECK(dids(0) == both);
  CHECK(known.results(1).target_did() == did_of("nobody"));
  CHECK(dids(1).empty());
  CHECK(dids(2).empty());
  CHECK(dids(3) == both);
  // With many follows of the viewer the followers of the other are looked through.
  must(on.exec_script("UPDATE user_aggregates SET follows_count = 1000"));
  const auto again = ask<bsky::GetFollowsFollowingResponse>(on, "GetFollowsFollowing", request);
  CHECK(again.results(0).dids_size() == 2);
  CHECK(again.results(3).dids_size() == 2);

  bsky::GetKnownLikersRequest of_posts;
  of_posts.set_actor_did(did_of("alice"));
  of_posts.add_subject_uris("at://x");
  of_posts.add_subject_uris(post.uri);
  of_posts.set_limit(1);
  const auto likers = ask<bsky::GetKnownLikersResponse>(on, "GetKnownLikers", of_posts);
  REQUIRE(likers.results_size() == 2);
  CHECK(likers.results(0).subject_uri() == "at://x");
  CHECK(likers.results(0).count() == 0);
  CHECK(likers.results(1).count() == 2);
  REQUIRE(likers.results(1).dids_size() == 1);
  CHECK(likers.results(1).dids(0) == did_of("dave")); // whose like is the newest
  of_posts.set_limit(0);
  CHECK(ask<bsky::GetKnownLikersResponse>(on, "GetKnownLikers", of_posts).results(1).count() == 0);
}

TEST_CASE("who opted out of a reference list is shown to its creator only") {
  firehose_builder events;
  const auto list = events.list("alice", "l1", {{"purpose", "app.bsky.graph.defs#referencelist"}});
  const auto curated = events.list("alice", "l2");
  for (const auto* whom : {"bob", "carol"}) {
    events.list_item("alice", fmt::format("a{}", whom), list, whom);
    events.list_item("alice", fmt::format("b{}", whom), curated, whom);
  }
  const auto opt_out = [&](std::string_view who, const record_ref& of) {
    events.create(who, "app.bsky.graph.referencelistoptout/" + of.uri.substr(of.uri.size() - 2),
                  {{"$type", "app.bsky.graph.referencelistoptout"},
                   {"subject", of.uri},
                   {"createdAt", record_time}});
  };
  opt_out("bob", list);
  opt_out("bob", curated);
  opt_out("carol", curated);
  index_target target;
  target.apply(events.take(), 10);
  REQUIRE(target.count("reference_list_opt_outs") == 3);
  const auto members = [&](const record_ref& of, std::string_view viewer) {
    bsky::GetListMembersRequest request;
    request.set_list_uri(of.uri);
    request.set_limit(10);
    request.set_viewer_did(viewer.empty() ? "" : did_of(viewer));
    const auto answer =
        ask<bsky::GetListMembersResponse>(target.connection, "GetListMembers", request);
    texts out;
    for (const auto& each : answer.listitems())
      out.push_back(each.did() + (each.subject_opted_out() ? " opted out" : ""));
    std::ranges::sort(out);
    return out;
  };
  CHECK(members(list, "") == texts{did_of("carol")});
  CHECK(members(list, "bob") == texts{did_of("carol")});
  CHECK(members(list, "alice") == texts{did_of("bob") + " opted out", did_of("carol")});
  CHECK(members(curated, "") == texts{did_of("bob"), did_of("carol")});

  const auto opt_outs = [&](std::string_view who) {
    bsky::GetReferencelistoptoutsByActorAndSubjectsRequest request;
    request.set_actor_did(did_of(who));
    for (const auto& each : {curated.uri, list.uri, std::string{"no uri"}})
      request.add_subject_uris(each);
    const auto answer = ask<bsky::GetReferencelistoptoutsByActorAndSubjectsResponse>(
        target.connection, "GetReferencelistoptoutsByActorAndSubjects", request);
    return texts{answer.uris().begin(), answer.uris().end()};
  };
  const auto of_bob = "at://" + did_of("bob") + "/app.bsky.graph.referencelistoptout/l1";
  CHECK(opt_outs("bob") == texts{"", of_bob, ""}); // not of the list that is no reference list
  CHECK(opt_outs("carol") == texts{"", "", ""});
}

TEST_CASE("members of a list that is not indexed are listed, each once") {
  firehose_builder events;
  const auto list = events.list("alice", "l1");
  const auto kept = events.list_item("alice", "i1", list, "bob");
  events.remove(list);
  const auto later = events.list_item("alice", "i2", list, "carol");
  events.list_item("alice", "i3", list, "carol"); // a duplicate
  index_target target;
  target.apply(events.take(), 1);
  bsky::GetListMembersRequest request;
  request.set_list_uri(list.uri);
  request.set_limit(10);
  const auto members = [&] {
    const auto answer =
        ask<bsky::GetListMembersResponse>(target.connection, "GetListMembers", request);
    texts out;
    for (const auto& each : answer.listitems())
      out.push_back(each.uri());
    return out;
  };
  CHECK(members() == texts{later.uri, kept.uri});
  events.list("alice", "l1");
  target.apply(events.take(), 1);
  CHECK(members() == texts{later.uri, kept.uri});
}

TEST_CASE("feed generators and subscribed lists are ordered by createdAt, also in the future") {
  firehose_builder events;
  const auto feed = [&](std::string_view rkey, std::string_view created) {
    return events.create("alice", fmt::format("app.bsky.feed.generator/{}", rkey),
                         {{"$type", "app.bsky.feed.generator"},
                          {"did", "did:web:feeds.test"},
                          {"displayName", "x"},
                          {"createdAt", created}});
  };
  const auto future = feed("f1", "2999-01-01T00:00:00.000Z");
  const auto farther = feed("f2", "2999-01-02T00:00:00.000Z");
  const auto past = feed("f3", "2020-01-01T00:00:00.000Z");
  index_target target;
  target.apply(events.take(), 10);
  bsky::GetActorFeedsRequest request;
  request.set_actor_did(did_of("alice"));
  request.set_limit(1);
  texts seen;
  do {
    const auto page = ask<bsky::GetActorFeedsResponse>(target.connection, "GetActorFeeds", request);
    seen.insert(seen.end(), page.uris().begin(), page.uris().end());
    request.set_cursor(page.cursor());
  } while (!request.cursor().empty());
  CHECK(seen == texts{farther.uri, future.uri, past.uri});
}
