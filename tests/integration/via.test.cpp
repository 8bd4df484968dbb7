#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>

// A like or repost of a post that was found through a repost notifies the reposter as well
// (@atproto/bsky, like and repost plugins).

using namespace prism;
using namespace prism::test;

using lines = std::vector<std::string>;

namespace {

[[nodiscard]] record_ref repost_via(firehose_builder& events, std::string_view who,
                                    std::string_view rkey, const record_ref& of,
                                    const record_ref& via) {
  return events.create(who, "app.bsky.feed.repost/" + std::string{rkey},
                       {{"$type", "app.bsky.feed.repost"},
                        {"subject", ref_to(of)},
                        {"via", ref_to(via)},
                        {"createdAt", record_time}});
}

[[nodiscard]] record_ref like_via(firehose_builder& events, std::string_view who,
                                  std::string_view rkey, const record_ref& of,
                                  const record_ref& via) {
  return events.like(who, rkey, of, {{"via", ref_to(via)}});
}

/// The notifications of `events`, without that of bob's repost itself.
[[nodiscard]] lines notified_beside_repost(firehose_builder& events, std::size_t batch) {
  auto out = notifications_of(events, batch);
  CHECK(std::erase(out, "alice repost bob/r1 of alice/p1") == 1);
  return out;
}

} // namespace

TEST_CASE("a like or repost via a repost notifies the author and the reposter") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto via = events.repost("bob", "r1", post);
  const auto like = like_via(events, "carol", "l1", post, via);
  const auto repost = repost_via(events, "carol", "r2", post, via);
  SECTION("while they exist") {
    CHECK(notified_beside_repost(events, batch) ==
          lines{"alice like carol/l1 of alice/p1", "alice repost carol/r2 of alice/p1",
                "bob like_via_repost carol/l1 of bob/r1",
                "bob repost_via_repost carol/r2 of bob/r1"});
  }
  SECTION("until they are deleted") {
    events.remove(like);
    events.remove(repost);
    CHECK(notified_beside_repost(events, batch) == lines{});
  }
}

TEST_CASE("a like or repost via one's own repost does not notify oneself") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto via = events.repost("bob", "r1", post);
  const auto like = like_via(events, "bob", "l1", post, via);
  CHECK(notified_beside_repost(events, batch) == lines{"alice like bob/l1 of alice/p1"});
}

TEST_CASE(
    "a like or repost of one's own post via a repost notifies nobody, not even the reposter") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto via = events.repost("bob", "r1", post);
  const auto like = like_via(events, "alice", "l1", post, via);
  const auto repost = repost_via(events, "alice", "r2", post, via);
  SECTION("created") {
    CHECK(notified_beside_repost(events, batch) == lines{});
  }
  SECTION("created and deleted") {
    events.remove(like);
    events.remove(repost);
    CHECK(notified_beside_repost(events, batch) == lines{});
  }
}

TEST_CASE("a parked like via a repost notifies when its post arrives") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto via = events.repost("bob", "r1", post);
  static_cast<void>(like_via(events, "carol", "l1", post, via));
  static_cast<void>(repost_via(events, "carol", "r2", post, via));
  index_target target;
  target.apply(events.in_order({1, 2, 3, 0}), batch);
  CHECK(notifications(target.connection) ==
        lines{"alice like carol/l1 of alice/p1", "alice repost bob/r1 of alice/p1",
              "alice repost carol/r2 of alice/p1", "bob like_via_repost carol/l1 of bob/r1",
              "bob repost_via_repost carol/r2 of bob/r1"});
}
