// Planted cases: records that are not here.

#include "tests/integration/explain/explained.hpp"

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

const record_ref nowhere{"at://did:plc:alice/app.bsky.feed.post/none",
                         "bafyreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"};

/// Before all events of a `firehose_builder`, in µs since 1970.
constexpr db::micros long_before = 1'793'000'000'000'000;

} // namespace

TEST_CASE("explain: a subject that is malformed, or that Prism does not index") {
  explained target;
  target.index();
  for (const auto* text :
       {"", "alice", "at://", "at://did:plc:alice/no nsid/x",
        "did:plc:", "https://bsky.app/profile/alice", "at://did:plc:alice/app.bsky.feed.post/a b",
        "at://did:plc:alice/app.bsky.feed.post/x/y"}) {
    CAPTURE(text);
    CHECK(target.verdict_of(text) == "malformed");
  }
  CHECK(target.verdict_of("at://did:plc:alice/app.bsky.feed.post") == "not_a_record");
  const auto other = target.why("at://did:plc:alice/com.example.thing/x");
  CHECK(other.answer == verdict::collection_not_indexed);
  CHECK_THAT(other.sentence, Contains("com.example.thing"));
}

TEST_CASE("explain: its lexicon refused the record, or it cannot be decoded") {
  explained target;
  const auto bad = target.bad_post("alice", "p1");
  const auto garbage = std::vector<std::byte>(20, std::byte{0xff});
  target.events.commit("alice", {{"create", "app.bsky.feed.post/p2", garbage}});
  target.index();
  const auto refused = target.why(bad.uri);
  CHECK(refused.answer == verdict::refused);
  CHECK_THAT(refused.sentence, Contains("seq 1") && Contains("$.text"));
  CHECK_THAT(detail(refused, "its lexicon and Prism's rules allow it", check_result::no),
             Contains("$.text"));
  const auto undecodable = target.why("at://did:plc:alice/app.bsky.feed.post/p2");
  CHECK(undecodable.answer == verdict::refused);
  CHECK_THAT(undecodable.sentence, Contains("bad_cbor"));
  // Listed with the account.
  const auto account = target.why(did_of("alice"));
  CHECK(std::ranges::count(account.rows, "refused_records", &explanations::found_row::table) == 2);
}

TEST_CASE("explain: a like is parked until its post is here") {
  explained target;
  const auto l1 = target.events.like("bob", "l1", nowhere);
  target.index();
  const auto parked = target.why(l1.uri, {.pending_ttl = 24h});
  CHECK(parked.answer == verdict::parked);
  CHECK_THAT(parked.sentence, Contains(nowhere.uri));
  CHECK_THAT(detail(parked, "it is not parked", check_result::no), Contains("at most until"));
  CHECK_THAT(detail(target.why(did_of("bob")), "none of its records is parked", check_result::no),
             Contains("1 parked"));
  const auto post = target.why(nowhere.uri);
  CHECK(post.answer == verdict::never_arrived);
  CHECK(post.rows.at(0).table == "pending_ops");
  static_cast<void>(target.events.post("alice", "none"));
  target.index();
  CHECK(target.verdict_of(l1.uri) == "here");
}

TEST_CASE("explain: PostgreSQL rejected the record, or its whole frame") {
  explained target;
  const auto p1 = target.events.post("alice", "p1");
  target.index();
  const auto l1 = target.events.like("bob", "l1", p1);
  const auto frames = target.events.take();
  const bool whole = GENERATE(false, true);
  must(target.connection.exec_script("ALTER TABLE likes ADD CHECK (rkey <> 'l1')"));
  const db::job job = db::bisect_job{std::make_shared<const db::batch>(target.batch_of(frames)),
                                     {2, did_of("bob"), "rejected", "23514", *frames[0]},
                                     whole};
  db::partial_report partial;
  REQUIRE(db::run_job(target.connection, {}, job, partial));
  const auto rejected = target.why(l1.uri);
  CHECK(rejected.answer == verdict::dead_letter);
  CHECK_THAT(rejected.sentence, Contains("23514"));
  CHECK(rejected.rows.at(0).table == "dead_letters");
  CHECK(target.verdict_of("at://did:plc:bob/app.bsky.feed.like/l2") == "never_arrived");
}

TEST_CASE("explain: a record that never arrived, and a node that is behind") {
  explained target;
  static_cast<void>(target.events.post("alice", "p1"));
  target.index();
  const auto late = target.events.post("alice", "p2"); // not indexed
  const auto never = target.why(late.uri);
  CHECK(never.answer == verdict::never_arrived);
  CHECK_THAT(detail(never, "the node is up to date", check_result::yes), Contains("up to seq 1"));
  // As the node says.
  explanations::node_facts facts{.service = "test", .connected = true, .stream_lag_s = 3'600};
  const auto lagging = target.why(late.uri, facts);
  CHECK(lagging.answer == verdict::behind);
  CHECK_THAT(lagging.sentence, Contains("3600 s behind"));
  facts.stream_lag_s = 0.5;
  CHECK(target.verdict_of(late.uri, facts) == "never_arrived");
  facts.shard = {{.number = 0, .paused = true}};
  CHECK_THAT(target.why(late.uri, facts).sentence, Contains("paused"));
  facts.shard = {{.number = 0, .blocked = true, .problem = "no right to write"}};
  CHECK_THAT(target.why(late.uri, facts).sentence, Contains("blocked") && Contains("no right"));
  // As the database alone says.
  must(target.connection.exec_script(
      "UPDATE firehose_cursor SET updated_at = now() - interval '10 minutes'"));
  const auto silent = target.why(late.uri);
  CHECK(silent.answer == verdict::behind);
  CHECK_THAT(silent.sentence, Contains("has not moved"));
  facts.shard.clear();
  CHECK(target.verdict_of(late.uri, facts) == "never_arrived"); // a silent stream
  facts.highest_seq = 9;
  CHECK(target.verdict_of(late.uri, facts) == "behind");
  target.apply(target.events.take(), 1);
  CHECK(target.verdict_of(late.uri) == "here");
}

TEST_CASE("explain: a database that no node has followed a stream on") {
  auto on =
      db::connection::open({.conninfo = index_target{}.connection.options().conninfo}).value();
  const auto answer = must(db::explain(on, nowhere.uri));
  CHECK(answer.answer == verdict::behind);
  CHECK_THAT(answer.sentence, Contains("no node has followed a stream"));
}

TEST_CASE("explain: the commit was refused as a whole for its rev in the future") {
  explained target;
  target.index();
  const auto p1 = target.events.post("alice", "p1");
  const auto frames = target.events.take();
  target.index_at(frames, long_before);
  const auto refused = target.why(p1.uri);
  CHECK(refused.answer == verdict::commit_refused);
  CHECK_THAT(refused.sentence, Contains("rev_ahead") && Contains("app.bsky.feed.post/p1"));
  CHECK(target.verdict_of(did_of("alice")) == "commit_refused");
  const auto other = target.why(p1.uri + "x");
  CHECK(other.answer == verdict::never_arrived);
  CHECK_THAT(other.sentence, Contains("refused as a whole and may have had it"));
  // Read again after the deletion of the account, it does not come back.
  if (GENERATE(false, true)) {
    must(target.connection.exec_script(
        "DELETE FROM refused_records; UPDATE users SET status = 'deleted', status_place = 1000"));
    target.apply({}, 1);
    target.index_at(frames, long_before);
    CHECK(target.count("refused_records") == 0);
    return;
  }
  // With a right clock, the repo is heard again.
  const auto p2 = target.events.post("alice", "p2");
  target.index();
  CHECK(target.verdict_of(p2.uri) == "here");
}

TEST_CASE("explain: a repo is deaf whose head is in the future") {
  explained target;
  static_cast<void>(target.events.post("alice", "p1"));
  target.index();
  must(target.connection.exec_script("UPDATE repos SET rev = '7zzzzzzzzzz22'"));
  CHECK(target.verdict_of(did_of("alice")) == "repo_deaf");
  CHECK(target.verdict_of(nowhere.uri) == "repo_deaf");
}

TEST_CASE("explain: the account was deleted, or is about to be") {
  explained target;
  const auto p1 = target.events.post("alice", "p1");
  target.verify_deletions = GENERATE(false, true);
  target.events.account("alice", false, "deleted");
  target.index();
  if (target.verify_deletions) {
    CHECK(target.verdict_of(p1.uri) == "here");
    CHECK(target.verdict_of(did_of("alice")) == "deletion_waiting");
  } else {
    const auto gone = target.why(p1.uri);
    CHECK(gone.answer == verdict::account_deleted);
    CHECK_THAT(gone.sentence, Contains("seq 2"));
    CHECK(target.verdict_of(did_of("alice")) == "account_deleted");
  }
}

TEST_CASE("explain: a statement that waits for a lock gives up, and changes nothing") {
  explained target;
  target.index();
  auto other = db::connection::open({.conninfo = target.connection.options().conninfo}).value();
  must(other.exec_script("BEGIN; LOCK TABLE users"));
  const auto answer = db::explain(target.connection, nowhere.uri);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().sqlstate == "55P03");
  CHECK_FALSE(target.connection.in_transaction());
  must(other.exec_script("ROLLBACK"));
  CHECK(target.verdict_of(nowhere.uri) == "unknown_account");
}
