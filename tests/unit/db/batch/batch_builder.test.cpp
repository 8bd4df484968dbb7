#include "db/batch/batch_builder.hpp"

#include "atproto/syntax/tid.hpp"
#include "tests/unit/db/batch/commit_maker.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace prism;
using namespace prism::db;
using atproto::collection;
using test::commit_maker;
using test::commit_micros;

namespace {

constexpr std::string_view did = "did:plc:abc";
constexpr std::string_view date = "2026-11-23T10:49:07.112Z";
constexpr std::string_view cid_text = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua";

constexpr std::string_view post = "app.bsky.feed.post";
constexpr std::string_view like = "app.bsky.feed.like";
constexpr std::string_view follow = "app.bsky.graph.follow";
constexpr std::string_view list_item = "app.bsky.graph.listitem";
constexpr std::string_view thread_gate = "app.bsky.feed.threadgate";

boost::json::object ref_to(std::string_view uri) {
  return {{"uri", uri}, {"cid", cid_text}};
}

boost::json::object record(std::string_view type, const boost::json::object& members) {
  boost::json::object out{{"$type", type}, {"createdAt", date}};
  for (const auto& [key, value] : members)
    out[key] = value;
  return out;
}

/// A builder, and what it reports to be left out.
struct builder {
  std::vector<std::string> rejected; // "path reason"
  std::vector<std::string> skipped;
  build_events events{.rejected =
                          [this](std::string_view, std::string_view path, std::string_view reason,
                                 const std::string&) {
                            rejected.push_back(std::string{path} + ' ' + std::string{reason});
                          },
                      .skipped = [this](std::string_view name) { skipped.emplace_back(name); }};
  batch_builder under_test{events};

  [[nodiscard]] batch build(const atproto::frame& frame) {
    REQUIRE(under_test.add(frame));
    return under_test.take();
  }
};

} // namespace

TEST_CASE("a commit becomes operations and the head of its repo") {
  builder b;
  commit_maker commit{std::string{did}};
  commit.create(post, "a", record(post, {{"text", "a text"}})).remove(post, "b");
  const auto frame = commit.frame();
  const auto built = b.build(frame);
  CHECK(built.frames == 1);
  CHECK(built.refs.dids() == std::vector<std::string>{std::string{did}});
  REQUIRE(built.heads.size() == 1);
  CHECK(built.heads[0].repo == 0);
  CHECK(built.heads[0].rev == test::commit_rev);
  CHECK(built.heads[0].commit == frame.commit);
  CHECK(built.heads[0].commit_time == commit_micros);
  REQUIRE(built.ops.size() == 2);
  const auto& created = built.ops[0];
  CHECK(created.action == op_action::create);
  CHECK(created.kind == collection::post);
  CHECK(created.rkey == "a");
  CHECK(path_of(created) == "app.bsky.feed.post/a");
  CHECK(created.rev == test::commit_rev);
  CHECK(created.seq == 77);
  CHECK(created.commit_time == commit_micros);
  CHECK(created.created_at == commit_micros);
  CHECK(created.cid == *frame.ops[0].record);
  CHECK(built.refs.uris()[created.self].rkey == "a");
  CHECK(std::get<post_row>(created.columns).text == "a text");
  const auto& removed = built.ops[1];
  CHECK(removed.action == op_action::remove);
  CHECK(removed.rkey == "b");
  CHECK(removed.self != no_ref);
  CHECK_FALSE(removed.created_at);
  CHECK(b.rejected.empty());
}

TEST_CASE("the block is kept only if the columns cannot rebuild it") {
  builder b;
  commit_maker commit{std::string{did}};
  commit.create(post, "a", record(post, {{"text", "a text"}}))
      .create(follow, "b", record(follow, {{"subject", "did:plc:def"}}))
      .create(follow, "c", record(follow, {{"subject", "did:plc:def"}, {"unknown", 1}}))
      .create(post, "d", record(post, {{"text", std::string_view("a\0b", 3)}}));
  const auto built = b.build(commit.frame());
  CHECK(b.rejected.empty());
  REQUIRE(built.ops.size() == 4);
  CHECK_FALSE(built.ops[0].record);
  CHECK_FALSE(built.ops[1].record);
  CHECK(built.ops[2].record);
  CHECK(built.ops[3].record); // its text column has no NUL
  CHECK(std::get<post_row>(built.ops[3].columns).text == "a\uFFFDb");
}

TEST_CASE("a date that does not format to its own text keeps its text") {
  builder b;
  commit_maker commit{std::string{did}};
  auto other_zone = record(post, {{"text", ""}});
  other_zone["createdAt"] = "2026-11-23T11:49:07.112+01:00";
  commit.create(post, "a", record(post, {{"text", ""}})).create(post, "b", other_zone);
  const auto built = b.build(commit.frame());
  REQUIRE(built.ops.size() == 2);
  CHECK_FALSE(built.ops[0].created_text);
  CHECK(built.ops[1].created_at == commit_micros);
  CHECK(built.ops[1].created_text == "2026-11-23T11:49:07.112+01:00");
}

TEST_CASE("references of records are in the tables of the batch") {
  builder b;
  commit_maker commit{std::string{did}};
  commit
      .create(like, "a",
              record(like, {{"subject", ref_to("at://did:plc:def/app.bsky.feed.post/p")}}))
      .create(follow, "b", record(follow, {{"subject", "did:plc:def"}}))
      .create(post, "c",
              record(post, {{"text", ""},
                            {"reply",
                             {{"root", ref_to("at://did:plc:def/app.bsky.feed.post/p")},
                              {"parent", ref_to("at://did:plc:ghi/app.bsky.feed.post/q")}}}}));
  const auto built = b.build(commit.frame());
  CHECK(b.rejected.empty());
  REQUIRE(built.ops.size() == 3);
  const auto subject = std::get<relation_row>(built.ops[0].columns).subject;
  const auto& uri = built.refs.uris().at(subject);
  CHECK(built.refs.dids().at(uri.repo) == "did:plc:def");
  CHECK(uri.rkey == "p");
  CHECK(std::get<relation_row>(built.ops[1].columns).subject == uri.repo);
  const auto& reply = std::get<post_row>(built.ops[2].columns);
  CHECK(reply.reply_root == subject);
  CHECK(built.refs.uris().at(reply.reply_parent).rkey == "q");
}

TEST_CASE("an invalid record is rejected with a reason, and the others of its commit are not") {
  builder b;
  commit_maker commit{std::string{did}};
  commit.create(post, "a", record(post, {}))
      .create(post, "b!", record(post, {{"text", ""}}))
      .create(list_item, "c",
              record(list_item, {{"subject", "did:plc:def"},
                                 {"list", "at://did:plc:def/app.bsky.graph.list/l"}}))
      .create(thread_gate, "d",
              record(thread_gate, {{"post", "at://did:plc:abc/app.bsky.feed.post/e"}}))
      .create(thread_gate, "e",
              record(thread_gate, {{"post", "at://did:plc:abc/app.bsky.feed.post/e"}}));
  const auto built = b.build(commit.frame());
  REQUIRE(b.rejected.size() == 4);
  CHECK_THAT(b.rejected[0], Catch::StartsWith("app.bsky.feed.post/a "));
  CHECK(b.rejected[1] == "app.bsky.feed.post/b! bad_record_key");
  CHECK(b.rejected[2] == "app.bsky.graph.listitem/c list_of_other_repo");
  CHECK(b.rejected[3] == "app.bsky.feed.threadgate/d gate_of_other_post");
  REQUIRE(built.ops.size() == 1);
  CHECK(built.ops[0].kind == collection::thread_gate);
  CHECK(built.refs.uris().at(built.ops[0].self).kind == collection::post);
  CHECK(built.heads.size() == 1);
}

TEST_CASE("a record with a uri that the index cannot hold is rejected") {
  builder b;
  commit_maker commit{std::string{did}};
  const std::string uri = "at://did:plc:def/app.bsky.feed.post/p#/";
  commit.create(like, "a", record(like, {{"subject", ref_to(uri + "x")}}))
      .create(like, "b", record(like, {{"subject", ref_to(uri + std::string(max_uri_rkey, 'x'))}}));
  const auto built = b.build(commit.frame());
  CHECK(b.rejected == std::vector<std::string>{"app.bsky.feed.like/b uri_too_long"});
  CHECK(built.ops.size() == 1);
}

TEST_CASE("an operation whose block is not in the frame is rejected") {
  builder b;
  commit_maker commit{std::string{did}};
  commit.create(post, "a", record(post, {{"text", ""}})).without_blocks();
  const auto built = b.build(commit.frame());
  CHECK(b.rejected == std::vector<std::string>{"app.bsky.feed.post/a missing_block"});
  CHECK(built.ops.empty());
}

TEST_CASE("a record of a collection that is not indexed is skipped") {
  builder b;
  commit_maker commit{std::string{did}};
  commit.create("com.example.note", "a", {{"$type", "com.example.note"}});
  CHECK(b.build(commit.frame()).ops.empty());
  CHECK(b.skipped == std::vector<std::string>{"com.example.note"});
  CHECK(b.rejected.empty());
}

TEST_CASE("a malformed commit adds nothing and is an error that names the field") {
  builder b;
  const auto error_of = [&](auto&& change) {
    commit_maker commit{std::string{did}};
    commit.remove(post, "a");
    auto frame = commit.frame();
    change(frame);
    const auto added = b.under_test.add(frame);
    REQUIRE_FALSE(added);
    const auto left = b.under_test.take();
    CHECK(left.ops.empty());
    CHECK(left.heads.empty());
    return added.error().message;
  };
  CHECK_THAT(error_of([](auto& frame) { frame.time = "today"; }), Catch::Contains("field time"));
  CHECK_THAT(error_of([](auto& frame) { frame.repo = "abc"; }), Catch::Contains("field did"));
  CHECK_THAT(error_of([](auto& frame) { frame.rev = "1"; }), Catch::Contains("field rev"));
  error_of([](auto& frame) { frame.blocks = {}; });
}

TEST_CASE("account and identity events and syncs are kept beside the operations") {
  builder b;
  const auto head = atproto::cid::of_dag_cbor({});
  const auto car = test::make_car({head}, {});
  REQUIRE(b.under_test.add(atproto::account_frame{
      .seq = 1, .did = did, .time = date, .active = false, .status = "deleted"}));
  REQUIRE(b.under_test.add(
      atproto::account_frame{.seq = 2, .did = did, .time = date, .active = true, .status = {}}));
  REQUIRE(b.under_test.add(
      atproto::account_frame{.seq = 3, .did = did, .time = date, .active = false, .status = {}}));
  REQUIRE(b.under_test.add(
      atproto::identity_frame{.seq = 4, .did = "did:plc:def", .time = date, .handle = {}}));
  REQUIRE(b.under_test.add(atproto::sync_frame{
      .seq = 5, .did = did, .rev = test::commit_rev, .time = date, .blocks = car}));
  CHECK(b.under_test.frames() == 5);
  const auto built = b.under_test.take();
  REQUIRE(built.accounts.size() == 3);
  CHECK(is_deletion(built.accounts[0]));
  CHECK(built.accounts[0].seq == 1);
  CHECK(built.accounts[0].time == commit_micros);
  CHECK(built.accounts[1].active);
  CHECK(built.accounts[1].status.empty());
  CHECK(built.accounts[2].status == "inactive");
  CHECK_FALSE(is_deletion(built.accounts[2]));
  REQUIRE(built.identities.size() == 1);
  CHECK(built.refs.dids().at(built.identities[0].account) == "did:plc:def");
  REQUIRE(built.heads.size() == 1);
  CHECK(built.heads[0].commit == head);
  CHECK(b.under_test.frames() == 0); // take() has emptied it
}

TEST_CASE("a rev more than five minutes ahead of the clock is refused and reported") {
  builder b;
  std::vector<stamp_field> ahead;
  b.events.stamp_ahead = [&](stamp_field field) { ahead.push_back(field); };
  const auto rev = atproto::tid::parse(test::commit_rev)->timestamp_us();
  const auto add_at = [&](micros now) {
    ahead.clear();
    batch_builder under_test{b.events, 0, now};
    commit_maker commit{std::string{did}};
    commit.create(post, "a", record(post, {{"text", "a text"}}));
    return under_test.add(commit.frame()).has_value() && under_test.take().heads.size() == 1;
  };
  CHECK(add_at(rev - batch_builder::max_event_lead));
  CHECK_FALSE(add_at(rev - batch_builder::max_event_lead - 1));
  CHECK(std::ranges::count(ahead, stamp_field::rev) == 1);
  CHECK(to_string(stamp_field::rev) == "rev");
  CHECK(to_string(stamp_field::time) == "time");
}

TEST_CASE("a #sync with a rev ahead of the clock does not become the head of its repo") {
  builder b;
  const auto block = std::vector<std::byte>{};
  const auto car = test::make_car({atproto::cid::of_dag_cbor(block)}, {block});
  const atproto::sync_frame frame{
      .seq = 5, .did = did, .rev = test::commit_rev, .time = test::commit_time, .blocks = car};
  const auto rev = atproto::tid::parse(test::commit_rev)->timestamp_us();
  batch_builder early{b.events, 0, rev - 3'600'000'000};
  const auto refused = early.add(frame);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "field rev: '3kdgeujwlq32y' is more than 5 minutes ahead of the clock");
  CHECK(early.take().heads.empty());
  batch_builder later{b.events, 0, rev};
  CHECK(later.add(frame));
  CHECK(later.take().heads.size() == 1);
}

TEST_CASE("a frame out of order has the place of its arrival, for any seq") {
  builder b;
  commit_maker commit{std::string{did}};
  commit.create(post, "a", record(post, {{"text", "a text"}})).remove(post, "b");
  batch_builder under_test{b.events, 1'000};
  REQUIRE(under_test.add(commit.frame(), place_behind(1'000, 5, 1)));
  const auto built = under_test.take();
  REQUIRE(built.ops.size() == 2);
  CHECK(built.ops[0].place == place_behind(1'000, 5, 1));
  CHECK(built.ops[0].place > place_of(1'000, 5, 199));
  CHECK(place_behind(1'000, 5, 2) > built.ops[0].place);
  CHECK(place_behind(1'000, 5, 999'999) < place_of(1'000, 6));
  CHECK(built.ops[0].seq == 77);
  // The next frame is in order again.
  REQUIRE(under_test.add(commit.frame()));
  CHECK(under_test.take().ops[0].place == place_of(1'000, 77));
}
