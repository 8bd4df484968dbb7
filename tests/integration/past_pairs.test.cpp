#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// Two records of one pair with one time are one version in the history. It is valid until the later
// of them ends, so a reply of that time that arrives afterwards is still allowed.

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] change creation(const std::string& path, const firehose_builder::fields& record) {
  return {"create", path, block_of(record)};
}

[[nodiscard]] change following(std::string_view rkey) {
  return creation(
      fmt::format("app.bsky.graph.follow/{}", rkey),
      {{"$type", "app.bsky.graph.follow"}, {"subject", did_of("bob")}, {"createdAt", record_time}});
}

[[nodiscard]] change listing(std::string_view rkey, const record_ref& list) {
  return creation(fmt::format("app.bsky.graph.listitem/{}", rkey),
                  {{"$type", "app.bsky.graph.listitem"},
                   {"list", list.uri},
                   {"subject", did_of("bob")},
                   {"createdAt", record_time}});
}

[[nodiscard]] change deletion(const std::string& path) {
  return {"delete", path, std::nullopt};
}

/// Alice's gated thread.
struct thread {
  firehose_builder events;
  record_ref root;

  explicit thread(firehose_builder::fields rule) {
    root = events.post("alice", "a1");
    events.create("alice", "app.bsky.feed.threadgate/a1",
                  {{"$type", "app.bsky.feed.threadgate"},
                   {"post", root.uri},
                   {"allow", {std::move(rule)}},
                   {"createdAt", record_time}});
  }

  void delete_one(const std::string& path) { events.commit("alice", {deletion(path)}); }

  /// Indexes all frames but the reply's, and that one last. @returns how many replies break the
  /// gate.
  [[nodiscard]] std::int64_t broken_if_last(std::size_t reply, std::size_t batch) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < events.size(); ++i)
      if (i != reply)
        order.push_back(i);
    order.push_back(reply);
    index_target target;
    target.apply(events.in_order(order), batch);
    CHECK(target.reasons.empty());
    REQUIRE(target.count("posts") == 2);
    return target.count("posts WHERE violates_thread_gate");
  }
};

} // namespace

TEST_CASE("of two follows with one time, the history keeps the longer") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  const auto first = GENERATE(as<std::string>{}, "f1", "f2");
  const std::string second = first == "f1" ? "f2" : "f1";
  thread of{{{"$type", "app.bsky.feed.threadgate#followingRule"}}};
  of.events.commit("alice", {following("f1"), following("f2")});
  of.delete_one("app.bsky.graph.follow/" + first);
  const auto reply = of.events.size();
  of.events.reply("bob", "b1", of.root, of.root);
  SECTION("deleted one after the other") {
    of.delete_one("app.bsky.graph.follow/" + second);
  }
  SECTION("the other one updated") {
    of.events.update("alice", "app.bsky.graph.follow/" + second,
                     {{"$type", "app.bsky.graph.follow"},
                      {"subject", did_of("carol")},
                      {"createdAt", record_time}});
  }
  CHECK(of.broken_if_last(reply, batch) == 0);
}

TEST_CASE("two follows with one time that end together are one version") {
  thread of{{{"$type", "app.bsky.feed.threadgate#followingRule"}}};
  of.events.commit("alice", {following("f1"), following("f2")});
  const auto reply = of.events.size();
  of.events.reply("bob", "b1", of.root, of.root);
  of.events.commit("alice",
                   {deletion("app.bsky.graph.follow/f1"), deletion("app.bsky.graph.follow/f2")});
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  CHECK(of.broken_if_last(reply, batch) == 0);
}

TEST_CASE(
    "of two items with one time, the history keeps the longer, even if the list is not indexed") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  const auto indexed = GENERATE(true, false);
  const record_ref list{fmt::format("at://{}/app.bsky.graph.list/l1", did_of("alice")), ""};
  thread of{{{"$type", "app.bsky.feed.threadgate#listRule"}, {"list", list.uri}}};
  if (indexed)
    of.events.list("alice", "l1");
  of.events.commit("alice", {listing("i1", list), listing("i2", list)});
  of.delete_one("app.bsky.graph.listitem/i1");
  const auto reply = of.events.size();
  of.events.reply("bob", "b1", of.root, of.root);
  of.delete_one("app.bsky.graph.listitem/i2");
  CHECK(of.broken_if_last(reply, batch) == 0);
}
