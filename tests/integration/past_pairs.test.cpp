#include "tests/integration/asking.hpp"
#include "tests/integration/indexing.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

// Two records of one pair and one moment are one version in the history: it held until the later of
// them ended, and a reply of that time that arrives afterwards is still allowed.

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] change creation(const std::string& path, const story::fields& record) {
  return {"create", path, block_of(record)};
}

[[nodiscard]] change following(std::string_view rkey) {
  return creation(
      fmt::format("app.bsky.graph.follow/{}", rkey),
      {{"$type", "app.bsky.graph.follow"}, {"subject", did_of("bob")}, {"createdAt", story_time}});
}

[[nodiscard]] change listing(std::string_view rkey, const made& list) {
  return creation(fmt::format("app.bsky.graph.listitem/{}", rkey),
                  {{"$type", "app.bsky.graph.listitem"},
                   {"list", list.uri},
                   {"subject", did_of("bob")},
                   {"createdAt", story_time}});
}

[[nodiscard]] change deletion(const std::string& path) {
  return {"delete", path, std::nullopt};
}

/// Alice's gated thread.
struct thread {
  story told;
  made root;

  explicit thread(story::fields rule) {
    root = told.post("alice", "a1");
    told.create("alice", "app.bsky.feed.threadgate/a1",
                {{"$type", "app.bsky.feed.threadgate"},
                 {"post", root.uri},
                 {"allow", {std::move(rule)}},
                 {"createdAt", story_time}});
  }

  void delete_one(const std::string& path) { told.commit("alice", {deletion(path)}); }

  /// All frames but the reply's, and that one at last. @returns how many replies break the gate.
  [[nodiscard]] std::int64_t broken_if_last(std::size_t reply, std::size_t batch) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < told.size(); ++i)
      if (i != reply)
        order.push_back(i);
    order.push_back(reply);
    index_target target;
    target.apply(told.in_order(order), batch);
    CHECK(target.reasons.empty());
    REQUIRE(target.count("posts") == 2);
    return target.count("posts WHERE violates_thread_gate");
  }
};

} // namespace

TEST_CASE("of two follows of one moment the history keeps the longer") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  const auto first = GENERATE(as<std::string>{}, "f1", "f2");
  const std::string second = first == "f1" ? "f2" : "f1";
  thread of{{{"$type", "app.bsky.feed.threadgate#followingRule"}}};
  of.told.commit("alice", {following("f1"), following("f2")});
  of.delete_one("app.bsky.graph.follow/" + first);
  const auto reply = of.told.size();
  of.told.reply("bob", "b1", of.root, of.root);
  SECTION("deleted one after the other") {
    of.delete_one("app.bsky.graph.follow/" + second);
  }
  SECTION("the other replaced") {
    of.told.update("alice", "app.bsky.graph.follow/" + second,
                   {{"$type", "app.bsky.graph.follow"},
                    {"subject", did_of("carol")},
                    {"createdAt", story_time}});
  }
  CHECK(of.broken_if_last(reply, batch) == 0);
}

TEST_CASE("two follows of one moment that end together are one version") {
  thread of{{{"$type", "app.bsky.feed.threadgate#followingRule"}}};
  of.told.commit("alice", {following("f1"), following("f2")});
  const auto reply = of.told.size();
  of.told.reply("bob", "b1", of.root, of.root);
  of.told.commit("alice",
                 {deletion("app.bsky.graph.follow/f1"), deletion("app.bsky.graph.follow/f2")});
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  CHECK(of.broken_if_last(reply, batch) == 0);
}

TEST_CASE(
    "of two items of one moment the history keeps the longer, whether the list is there or not") {
  const auto batch = GENERATE(as<std::size_t>{}, 1, 100);
  const auto indexed = GENERATE(true, false);
  const made list{fmt::format("at://{}/app.bsky.graph.list/l1", did_of("alice")), ""};
  thread of{{{"$type", "app.bsky.feed.threadgate#listRule"}, {"list", list.uri}}};
  if (indexed)
    of.told.list("alice", "l1");
  of.told.commit("alice", {listing("i1", list), listing("i2", list)});
  of.delete_one("app.bsky.graph.listitem/i1");
  const auto reply = of.told.size();
  of.told.reply("bob", "b1", of.root, of.root);
  of.delete_one("app.bsky.graph.listitem/i2");
  CHECK(of.broken_if_last(reply, batch) == 0);
}
