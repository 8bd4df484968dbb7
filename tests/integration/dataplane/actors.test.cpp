// GetActors, GetDidsByHandles, GetLatestRev.

#include "db/reads/verified_by.hpp"
#include "tests/integration/dataplane/asking.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

using fields = firehose_builder::fields;

[[nodiscard]] std::vector<bsky::ActorInfo> actors(db::executor& on,
                                                  const std::vector<std::string>& dids) {
  bsky::GetActorsRequest request;
  for (const auto& did : dids)
    request.add_dids(did);
  const auto answer = ask<bsky::GetActorsResponse>(on, "GetActors", request);
  return {answer.actors().begin(), answer.actors().end()};
}

[[nodiscard]] bsky::ActorInfo actor(db::executor& on, std::string_view who) {
  return actors(on, {did_of(who)}).at(0);
}

/// The encoded answer.
[[nodiscard]] std::string actors_as_sent(db::executor& on, std::string_view who) {
  bsky::GetActorsRequest request;
  request.add_dids(did_of(who));
  reads::session session(on);
  dataplane::call call{session};
  return dataplane::find_method("GetActors")->run(call, request.SerializeAsString()).value();
}

/// An account is looked up by other parts of the program.
void look_up(index_target& target, std::string_view who) {
  must(target.connection.exec_script("UPDATE users SET indexed_at = now(), handle = '" +
                                     std::string{who} + ".test' WHERE did = '" + did_of(who) +
                                     "'"));
}

record_ref declare(firehose_builder& events, std::string_view who, std::string_view nsid,
                   fields record) {
  record["$type"] = nsid;
  return events.create(who, std::string{nsid} + "/self", record);
}

} // namespace

TEST_CASE("verifications by accounts that the operator trusts are in the answer") {
  firehose_builder events;
  const auto verify = [&](std::string_view by, std::string_view rkey, std::string_view whom,
                          std::string_view name) {
    return events.create(by, "app.bsky.graph.verification/" + std::string{rkey},
                         {{"$type", "app.bsky.graph.verification"},
                          {"subject", did_of(whom)},
                          {"handle", std::string{whom} + ".test"},
                          {"displayName", name},
                          {"createdAt", "2024-01-02T03:04:05.678Z"}});
  };
  verify("alice", "v1", "bob", "Bob \"B\"");
  verify("carol", "v2", "bob", "Bob by Carol");
  verify("dave", "v3", "bob", "Bob by a stranger");
  verify("alice", "v4", "bob", "a second one counts for nothing");
  verify("dave", "v5", "alice", "Alice");
  verify("carol", "v6", "dave", std::string(641, 'd')); // longer than a name can be
  index_target target;
  target.apply(events.take(), 10);
  auto& on = target.connection;
  CHECK(actor(on, "bob").verified_by().empty());
  must(on.exec_script("INSERT INTO trusted_verifiers VALUES ('" + did_of("alice") + "'), ('" +
                      did_of("carol") + "'), ('did:plc:nobody')"));
  const auto bob = actor(on, "bob");
  CHECK_FALSE(bob.trusted_verifier());
  REQUIRE(bob.verified_by().size() == 2);
  const auto& by_alice = bob.verified_by().at(did_of("alice"));
  CHECK(by_alice.rkey() == "v1");
  CHECK(by_alice.handle() == "bob.test");
  CHECK(by_alice.display_name() == "Bob \"B\"");
  CHECK(by_alice.sorted_at().seconds() == 1'704'164'645);
  CHECK(by_alice.sorted_at().nanos() == 678'000'000);
  CHECK(bob.verified_by().at(did_of("carol")).rkey() == "v2");
  // The AppView shows them in the order of the message: the oldest first.
  must(on.exec_script("UPDATE verifications SET created_at = created_at - interval '1 h' "
                      "WHERE rkey = 'v2'"));
  const auto text = actors_as_sent(on, "bob");
  CHECK(text.find(did_of("carol")) < text.find(did_of("alice")));
  must(on.exec_script("UPDATE verifications SET created_at = created_at + interval '2 h', "
                      "commit_time = commit_time + interval '2 h' WHERE rkey = 'v2'"));
  const auto later = actors_as_sent(on, "bob");
  CHECK(later.find(did_of("alice")) < later.find(did_of("carol")));
  REQUIRE(later.find(did_of("carol")) != later.npos);
  CHECK(actor(on, "dave").verified_by().empty());
  const auto alice = actor(on, "alice");
  CHECK(alice.trusted_verifier());
  CHECK(alice.verified_by().empty());
}

TEST_CASE("only so many trusted verifiers count") {
  firehose_builder events;
  for (int i = 100; i <= 200; ++i)
    events.create("v" + std::to_string(i), "app.bsky.graph.verification/v",
                  {{"$type", "app.bsky.graph.verification"},
                   {"subject", did_of("bob")},
                   {"handle", "bob.test"},
                   {"displayName", "Bob"},
                   {"createdAt", record_time}});
  index_target target;
  target.apply(events.take(), 1000);
  must(target.connection.exec_script(
      "INSERT INTO trusted_verifiers SELECT did FROM users WHERE did <> '" + did_of("bob") + "'"));
  const auto bob = actor(target.connection, "bob");
  CHECK(bob.verified_by().size() == reads::max_trusted_verifiers);
  CHECK_FALSE(bob.verified_by().contains(did_of("v200"))); // the last DID
}

TEST_CASE("an account is answered with the records that describe it") {
  firehose_builder events;
  const auto profile =
      declare(events, "alice", "app.bsky.actor.profile",
              {{"displayName", "Alice"}, {"createdAt", "2020-01-01T00:00:00.000Z"}});
  const auto status =
      declare(events, "alice", "app.bsky.actor.status",
              {{"status", "app.bsky.actor.status#live"}, {"createdAt", record_time}});
  declare(events, "alice", "app.bsky.labeler.service",
          {{"policies", {{"labelValues", {"spam"}}}}, {"createdAt", record_time}});
  declare(events, "alice", "chat.bsky.actor.declaration",
          {{"allowIncoming", "following"}, {"allowGroupInvites", "none"}});
  declare(events, "alice", "app.bsky.notification.declaration",
          {{"allowSubscriptions", "mutuals"}});
  const auto germ = declare(events, "alice", "com.germnetwork.declaration",
                            {{"version", "1.0.0"}, {"currentKey", {{"$bytes", "AAAA"}}}});
  events.follow("alice", "f1", "bob"); // so bob is known, but was never looked up
  index_target target;
  target.apply(events.take(), 10);
  look_up(target, "alice");
  const auto found = actors(target.connection, {did_of("bob"), did_of("alice"), "no did", "",
                                                did_of("nobody"), did_of("alice")});
  REQUIRE(found.size() == 6);
  for (const auto i : {1, 5}) {
    const auto& alice = found[static_cast<std::size_t>(i)];
    CHECK(alice.exists());
    CHECK(alice.handle() == "alice.test");
    CHECK(alice.upstream_status().empty());
    CHECK(alice.labeler());
    CHECK(alice.profile().cid() == profile.cid);
    CHECK(alice.created_at().seconds() == 1'577'836'800);
    CHECK(alice.status_record().cid() == status.cid);
    CHECK(alice.germ_record().cid() == germ.cid);
    CHECK(alice.allow_incoming_chats_from() == "following");
    CHECK(alice.allow_group_chat_invites_from() == "none");
    CHECK(alice.allow_activity_subscriptions_from() == "mutuals");
    CHECK(!alice.taken_down());
    CHECK(alice.verified_by().empty());
    CHECK(!alice.has_age_assurance_status());
  }
  for (const auto i : {0, 2, 3, 4}) {
    const auto& unknown = found[static_cast<std::size_t>(i)];
    INFO(i);
    CHECK(!unknown.exists());
    CHECK(unknown.handle().empty());
    CHECK(unknown.has_profile());
    CHECK(unknown.profile().cid().empty());
    CHECK(!unknown.has_created_at());
    CHECK(unknown.allow_activity_subscriptions_from() == "followers");
  }
}

TEST_CASE("records of another key than self say nothing of an account") {
  firehose_builder events;
  events.create("alice", "app.bsky.labeler.service/other",
                {{"$type", "app.bsky.labeler.service"},
                 {"policies", {{"labelValues", {"spam"}}}},
                 {"createdAt", record_time}});
  index_target target;
  target.apply(events.take(), 10);
  look_up(target, "alice");
  CHECK(!actor(target.connection, "alice").labeler());
}

TEST_CASE("a declaration of another form than its lexicon's says nothing") {
  const auto said = [](fields chat, fields notification) {
    firehose_builder events;
    declare(events, "alice", "chat.bsky.actor.declaration", std::move(chat));
    declare(events, "alice", "app.bsky.notification.declaration", std::move(notification));
    index_target target;
    target.apply(events.take(), 10);
    const auto found = actor(target.connection, "alice");
    return found.allow_incoming_chats_from() + "/" + found.allow_group_chat_invites_from() + "/" +
           found.allow_activity_subscriptions_from();
  };
  CHECK(said({{"allowIncoming", "all"}}, {{"allowSubscriptions", "none"}}) == "all//none");
  CHECK(said({{"allowIncoming", 1}}, {{"allowSubscriptions", "everybody"}}) == "//followers");
  CHECK(said({{"allowIncoming", "all"}, {"allowGroupInvites", 1}}, {}) == "//followers");
  CHECK(said({{"allowGroupInvites", "all"}}, {{"allowSubscriptions", {"none"}}}) == "//followers");
  // The longest answers that are given. Longer ones would count against all accounts of an answer.
  const std::string text(64, 'x');
  CHECK(said({{"allowIncoming", text}, {"allowGroupInvites", text}}, {}) ==
        text + "/" + text + "/followers");
  CHECK(said({{"allowIncoming", text + "x"}}, {}) == "//followers");
  CHECK(said({{"allowIncoming", text}, {"allowGroupInvites", text + "x"}}, {}) == "//followers");
}

TEST_CASE("an inactive account has its status; a deleted account does not exist") {
  firehose_builder events;
  events.post("alice", "p1");
  events.account("alice", false, "deactivated");
  index_target target;
  target.apply(events.take(), 10);
  look_up(target, "alice");
  CHECK(actor(target.connection, "alice").exists());
  CHECK(actor(target.connection, "alice").upstream_status() == "deactivated");
  must(target.connection.exec_script("UPDATE users SET indexed_at = NULL, handle = NULL"));
  CHECK(!actor(target.connection, "alice").exists());
  CHECK(actor(target.connection, "alice").upstream_status().empty());
}

TEST_CASE("age assurance is unknown, and is said only of those that it is asked for") {
  index_target target;
  bsky::GetActorsRequest request;
  request.add_dids(did_of("alice"));
  request.add_dids(did_of("bob"));
  request.add_return_age_assurance_for_dids(did_of("bob"));
  const auto answer = ask<bsky::GetActorsResponse>(target.connection, "GetActors", request);
  CHECK(!answer.actors(0).has_age_assurance_status());
  CHECK(answer.actors(1).age_assurance_status().status() == "unknown");
  CHECK(answer.actors(1).age_assurance_status().access() == "unknown");
}

TEST_CASE("handles lead to DIDs, each in its place") {
  firehose_builder events;
  events.post("alice", "p1");
  events.post("bob", "p1");
  index_target target;
  target.apply(events.take(), 10);
  look_up(target, "alice");
  look_up(target, "bob");
  bsky::GetDidsByHandlesRequest request;
  for (const auto* each : {"bob.test", "nobody.test", "", "BOB.test", "alice.test", "bob.test"})
    request.add_handles(each);
  request.add_handles(std::string{"bob.test\0", 9});
  const auto answer =
      ask<bsky::GetDidsByHandlesResponse>(target.connection, "GetDidsByHandles", request);
  CHECK(std::vector<std::string>{answer.dids().begin(), answer.dids().end()} ==
        std::vector<std::string>{did_of("bob"), "", "", "", did_of("alice"), did_of("bob"), ""});
}

TEST_CASE("a list of more than 10,000 DIDs or handles is refused") {
  index_target target;
  bsky::GetActorsRequest dids;
  bsky::GetDidsByHandlesRequest handles;
  for (int i = 0; i < 10'000; ++i) {
    dids.add_dids(did_of("alice"));
    handles.add_handles("alice.test");
  }
  CHECK(ask<bsky::GetActorsResponse>(target.connection, "GetActors", dids).actors_size() == 10'000);
  dids.add_dids("");
  handles.add_handles("");
  const auto no_actors = try_ask<bsky::GetActorsResponse>(target.connection, "GetActors", dids);
  REQUIRE_FALSE(no_actors);
  CHECK(no_actors.error().status == net::grpc_status::invalid_argument);
  const auto no_dids =
      try_ask<bsky::GetDidsByHandlesResponse>(target.connection, "GetDidsByHandles", handles);
  REQUIRE_FALSE(no_dids);
  CHECK(no_dids.error().status == net::grpc_status::invalid_argument);
}

TEST_CASE("a DID that contains a NUL is an unknown account") {
  firehose_builder events;
  events.follow("alice", "f", "bob");
  events.post("alice", "p");
  index_target target;
  target.apply(events.take(), 10);
  const std::string with_nul{"did:plc:alice\0", 14};
  const auto ask_of = [&]<class Request, class Response>(const char* name, Request request,
                                                         const Response& nothing) {
    INFO(name);
    request.set_actor_did(with_nul);
    const auto answer = ask<Response>(target.connection, name, request);
    CHECK(answer.SerializeAsString() == nothing.SerializeAsString());
  };
  ask_of("GetLatestRev", bsky::GetLatestRevRequest{}, bsky::GetLatestRevResponse{});
  ask_of("GetFollows", bsky::GetFollowsRequest{}, bsky::GetFollowsResponse{});
  ask_of("GetTimeline", bsky::GetTimelineRequest{}, bsky::GetTimelineResponse{});
  ask_of("GetAuthorFeed", bsky::GetAuthorFeedRequest{}, bsky::GetAuthorFeedResponse{});
  ask_of("GetActorLikes", bsky::GetActorLikesRequest{}, bsky::GetActorLikesResponse{});
  ask_of("GetNotifications", bsky::GetNotificationsRequest{}, bsky::GetNotificationsResponse{});
  ask_of("GetUnreadNotificationCount", bsky::GetUnreadNotificationCountRequest{},
         bsky::GetUnreadNotificationCountResponse{});
  bsky::GetRelationshipsRequest target_of;
  target_of.add_target_dids(did_of("bob"));
  bsky::GetRelationshipsResponse unrelated;
  unrelated.add_relationships();
  ask_of("GetRelationships", target_of, unrelated);
}

TEST_CASE("the latest rev is that of the newest commit") {
  firehose_builder events;
  events.post("alice", "p1");
  events.post("alice", "p2");
  index_target target;
  target.apply(events.take(), 10);
  bsky::GetLatestRevRequest request;
  request.set_actor_did(did_of("alice"));
  const auto rev =
      ask<bsky::GetLatestRevResponse>(target.connection, "GetLatestRev", request).rev();
  CHECK(rev == value(target.connection, "SELECT rev FROM repos"));
  CHECK(rev.size() == 13);
  request.set_actor_did(did_of("bob"));
  CHECK(ask<bsky::GetLatestRevResponse>(target.connection, "GetLatestRev", request).rev().empty());
}
