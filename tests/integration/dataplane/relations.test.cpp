// What is between accounts: GetRelationships, GetBlockExistence and those that ask for the records
// of one account about given subjects.

#include "db/reads/uri_args.hpp"
#include "tests/integration/dataplane/asking.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <set>

using namespace prism;
using namespace prism::test;

namespace {

using fields = firehose_builder::fields;
using texts = std::vector<std::string>;

record_ref block(firehose_builder& events, std::string_view who, std::string_view rkey,
                 std::string_view whom) {
  return events.create(
      who, fmt::format("app.bsky.graph.block/{}", rkey),
      {{"$type", "app.bsky.graph.block"}, {"subject", did_of(whom)}, {"createdAt", record_time}});
}

record_ref list_block(firehose_builder& events, std::string_view who, std::string_view rkey,
                      const record_ref& list) {
  return events.create(
      who, fmt::format("app.bsky.graph.listblock/{}", rkey),
      {{"$type", "app.bsky.graph.listblock"}, {"subject", list.uri}, {"createdAt", record_time}});
}

record_ref mod_list(firehose_builder& events, std::string_view who, std::string_view rkey) {
  return events.list(who, rkey, {{"purpose", "app.bsky.graph.defs#modlist"}});
}

[[nodiscard]] bsky::Relationships relationship(db::executor& on, std::string_view actor,
                                               std::string_view target) {
  bsky::GetRelationshipsRequest request;
  request.set_actor_did(did_of(actor));
  request.add_target_dids(did_of(target));
  return ask<bsky::GetRelationshipsResponse>(on, "GetRelationships", request).relationships(0);
}

using pairs = std::vector<std::pair<std::string_view, std::string_view>>;

[[nodiscard]] bsky::GetBlockExistenceResponse blocks(db::executor& on, const pairs& of) {
  bsky::GetBlockExistenceRequest request;
  for (const auto& [a, b] : of) {
    auto& pair = *request.add_pairs();
    pair.set_a(did_of(a));
    pair.set_b(did_of(b));
  }
  return ask<bsky::GetBlockExistenceResponse>(on, "GetBlockExistence", request);
}

[[nodiscard]] texts likes_of(db::executor& on, std::string_view actor, const texts& subjects) {
  bsky::GetLikesByActorAndSubjectsRequest request;
  request.set_actor_did(did_of(actor));
  for (const auto& uri : subjects)
    request.add_refs()->set_uri(uri);
  const auto answer =
      ask<bsky::GetLikesByActorAndSubjectsResponse>(on, "GetLikesByActorAndSubjects", request);
  return {answer.uris().begin(), answer.uris().end()};
}

void look_everybody_up(index_target& target) {
  must(target.connection.exec_script("UPDATE users SET indexed_at = now()"));
}

} // namespace

TEST_CASE("a relationship has the follows and blocks of both sides") {
  firehose_builder events;
  const auto follow = events.follow("alice", "f1", "bob");
  events.follow("alice", "f2", "bob"); // a duplicate
  const auto back = events.follow("bob", "f1", "alice");
  const auto blocking = block(events, "alice", "b1", "carol");
  const auto list = mod_list(events, "bob", "l1");
  events.list_item("bob", "i1", list, "carol");
  list_block(events, "alice", "lb1", list);
  index_target target;
  target.apply(events.take(), 10);
  auto& on = target.connection;
  // As in the official AppView there is nothing with an account that was never looked up.
  must(on.exec_script("UPDATE users SET indexed_at = NULL"));
  CHECK(relationship(on, "alice", "bob").following().empty());
  look_everybody_up(target);
  const auto with_bob = relationship(on, "alice", "bob");
  CHECK(with_bob.following() == follow.uri);
  CHECK(with_bob.followed_by() == back.uri);
  CHECK(with_bob.blocking().empty());
  CHECK(with_bob.blocking_by_list().empty());
  const auto with_carol = relationship(on, "alice", "carol");
  CHECK(with_carol.blocking() == blocking.uri);
  CHECK(with_carol.blocked_by().empty());
  CHECK(with_carol.blocking_by_list() == list.uri);
  CHECK(with_carol.blocked_by_list().empty());
  const auto of_carol = relationship(on, "carol", "alice");
  CHECK(of_carol.blocked_by() == blocking.uri);
  CHECK(of_carol.blocking().empty());
  CHECK(of_carol.blocked_by_list() == list.uri);
  CHECK(of_carol.blocking_by_list().empty());
}

TEST_CASE("relationships are given one for each target, in order, also for unknown ones") {
  firehose_builder events;
  const auto follow = events.follow("alice", "f1", "bob");
  index_target target;
  target.apply(events.take(), 10);
  look_everybody_up(target);
  bsky::GetRelationshipsRequest request;
  request.set_actor_did(did_of("alice"));
  for (const auto& each : texts{"", did_of("bob"), "no did", std::string{"did:\0", 5},
                                did_of("nobody"), did_of("bob"), did_of("alice")})
    request.add_target_dids(each);
  const auto answer =
      ask<bsky::GetRelationshipsResponse>(target.connection, "GetRelationships", request);
  texts found;
  for (const auto& each : answer.relationships())
    found.push_back(each.following());
  CHECK(found == texts{"", follow.uri, "", "", "", follow.uri, ""});
  request.set_actor_did("did:plc:nobody");
  CHECK(ask<bsky::GetRelationshipsResponse>(target.connection, "GetRelationships", request)
            .relationships_size() == 7);
}

TEST_CASE("of several lists that block one pair an indexed moderation list is given") {
  firehose_builder events;
  const auto curated = events.list("bob", "l1");
  const auto moderating = mod_list(events, "bob", "l2");
  const auto another = mod_list(events, "dave", "l1");
  const record_ref unknown{"at://did:plc:erin/app.bsky.graph.list/l9", curated.cid};
  int item = 0;
  for (const auto& each : {unknown, curated, moderating, another}) {
    const auto owner = each.uri.substr(std::string_view{"at://did:plc:"}.size());
    events.list_item(owner.substr(0, owner.find('/')), fmt::format("i{}", ++item), each, "carol");
    list_block(events, "alice", fmt::format("lb{}", item), each);
  }
  index_target target;
  target.apply(events.take(), 10);
  look_everybody_up(target);
  auto& on = target.connection;
  const std::set<std::string> right{moderating.uri, another.uri};
  CHECK(right.contains(relationship(on, "alice", "carol").blocking_by_list()));
  CHECK(right.contains(relationship(on, "carol", "alice").blocked_by_list()));
  const auto found = blocks(on, {{"alice", "carol"}, {"carol", "alice"}, {"alice", "bob"}});
  CHECK(found.exists(0));
  CHECK(right.contains(found.blocks(0).blocking_by_list()));
  CHECK(found.exists(1));
  CHECK(right.contains(found.blocks(1).blocked_by_list()));
  CHECK_FALSE(found.exists(2));
  // Without a moderation list any other one is given, as it is the only one.
  events.remove(moderating);
  events.remove(another);
  target.apply(events.take(), 10);
  CHECK(relationship(on, "alice", "carol").blocking_by_list() == curated.uri);
}

TEST_CASE("in a large call fewer lists of each account count, the actor's as before") {
  firehose_builder events;
  const auto list = mod_list(events, "carol", "l1");
  events.list_item("carol", "i1", list, "alice");
  events.list_item("carol", "i2", list, "bob");
  list_block(events, "alice", "first", list);
  list_block(events, "bob", "first", list);
  for (int i = 0; i < 300; ++i) { // later ones, of lists that have no members
    const auto rkey = fmt::format("l{}", i + 2);
    list_block(events, "bob", rkey,
               {fmt::format("at://{}/app.bsky.graph.list/{}", did_of("dan"), rkey), ""});
  }
  index_target target;
  target.apply(events.take(), 1'000);
  look_everybody_up(target);
  must(target.connection.exec_script(
      "UPDATE list_blocks SET created_at = created_at + interval '1 s' * length(rkey) "
      "WHERE rkey <> 'first'"));
  const auto between = [&](int accounts) {
    bsky::GetRelationshipsRequest request;
    request.set_actor_did(did_of("alice"));
    request.add_target_dids(did_of("bob"));
    for (int i = 1; i < accounts; ++i)
      request.add_target_dids(fmt::format("did:plc:nobody{}", i));
    return ask<bsky::GetRelationshipsResponse>(target.connection, "GetRelationships", request)
        .relationships(0);
  };
  CHECK(between(500).blocked_by_list() == list.uri);
  CHECK(between(2'000).blocked_by_list().empty());
  CHECK(between(2'000).blocking_by_list() == list.uri);
}

TEST_CASE("blocks of pairs are given in order, from the side of the first account") {
  firehose_builder events;
  const auto blocking = block(events, "alice", "b1", "bob");
  index_target target;
  target.apply(events.take(), 10);
  const auto found = blocks(target.connection,
                            {{"bob", "carol"}, {"alice", "bob"}, {"bob", "alice"}, {"x", "bob"}});
  REQUIRE(found.exists_size() == 4);
  REQUIRE(found.blocks_size() == 4);
  CHECK(std::vector<bool>(found.exists().begin(), found.exists().end()) ==
        std::vector<bool>{false, true, true, false});
  CHECK(found.blocks(1).blocking() == blocking.uri);
  CHECK(found.blocks(1).blocked_by().empty());
  CHECK(found.blocks(2).blocked_by() == blocking.uri);
  bsky::GetBidirectionalBlockRequest both;
  both.set_actor_did(did_of("bob"));
  both.set_target_did(did_of("alice"));
  CHECK(ask<bsky::GetBidirectionalBlockResponse>(target.connection, "GetBidirectionalBlock", both)
            .block_uri() == blocking.uri);
  CHECK(blocks(target.connection, {}).exists_size() == 0);
}

TEST_CASE("likes of given posts are found, the first of each, also of posts that are not known") {
  firehose_builder events;
  const auto post = events.post("bob", "p1");
  const record_ref unknown{"at://did:plc:carol/app.bsky.feed.post/p9", post.cid};
  const auto first = events.like("alice", "l1", post);
  events.like("alice", "l2", post);
  const auto parked = events.like("alice", "l9", unknown);
  events.like("alice", "l4", unknown);
  events.like("dave", "l1", unknown);
  index_target target;
  target.apply(events.take(), 3);
  auto& on = target.connection;
  CHECK(likes_of(on, "alice", {"", unknown.uri, post.uri, "at://x", post.uri}) ==
        texts{"", parked.uri, first.uri, "", first.uri});
  CHECK(likes_of(on, "bob", {post.uri}) == texts{""});
  CHECK(likes_of(on, "alice", {}).empty());
}

TEST_CASE("more arguments than are answered are an invalid argument") {
  index_target target;
  const auto refused = [&](auto request, auto add, const char* method, auto response) {
    for (std::size_t i = 0; i <= reads::max_arguments; ++i)
      add(request);
    const auto answer = try_ask<decltype(response)>(target.connection, method, request);
    REQUIRE(!answer);
    CHECK(answer.error().status == net::grpc_status::invalid_argument);
  };
  refused(
      bsky::GetRelationshipsRequest{}, [](auto& in) { in.add_target_dids("x"); },
      "GetRelationships", bsky::GetRelationshipsResponse{});
  refused(
      bsky::GetBlockExistenceRequest{}, [](auto& in) { in.add_pairs(); }, "GetBlockExistence",
      bsky::GetBlockExistenceResponse{});
  refused(
      bsky::GetKnownLikersRequest{}, [](auto& in) { in.add_subject_uris("x"); }, "GetKnownLikers",
      bsky::GetKnownLikersResponse{});
  refused(
      bsky::GetFollowsFollowingRequest{}, [](auto& in) { in.add_target_dids("x"); },
      "GetFollowsFollowing", bsky::GetFollowsFollowingResponse{});
}

TEST_CASE("memberships, subscriptions and follows of given subjects are found") {
  firehose_builder events;
  const auto list = mod_list(events, "bob", "l1");
  const auto other = events.list("bob", "l2");
  const auto item = events.list_item("bob", "i1", list, "alice");
  firehose_builder before; // what was before the stream began
  const auto unknown = before.list("bob", "l0");
  events.list_item("bob", "i0", unknown, "carol");
  const auto parked = events.list_item("bob", "i2", unknown, "alice");
  const auto subscription = list_block(events, "alice", "lb1", list);
  const auto follow = events.follow("alice", "f1", "bob");
  index_target target;
  target.apply(events.take(), 10);
  auto& on = target.connection;
  bsky::GetListMembershipRequest membership;
  membership.set_actor_did(did_of("alice"));
  membership.add_list_uris(other.uri);
  membership.add_list_uris(list.uri);
  membership.add_list_uris(unknown.uri);
  const auto items = ask<bsky::GetListMembershipResponse>(on, "GetListMembership", membership);
  CHECK(texts(items.listitem_uris().begin(), items.listitem_uris().end()) ==
        texts{"", item.uri, parked.uri});
  bsky::GetBlocklistSubscriptionRequest asked;
  asked.set_actor_did(did_of("alice"));
  asked.set_list_uri(list.uri);
  const auto found = [&] {
    return ask<bsky::GetBlocklistSubscriptionResponse>(on, "GetBlocklistSubscription", asked)
        .listblock_uri();
  };
  CHECK(found() == subscription.uri);
  asked.set_list_uri(other.uri);
  CHECK(found().empty());
  bsky::GetActorFollowsActorsRequest follows;
  follows.set_actor_did(did_of("alice"));
  follows.add_target_dids(did_of("nobody"));
  follows.add_target_dids(did_of("bob"));
  const auto uris = ask<bsky::GetActorFollowsActorsResponse>(on, "GetActorFollowsActors", follows);
  CHECK(texts(uris.uris().begin(), uris.uris().end()) == texts{"", follow.uri});
}
