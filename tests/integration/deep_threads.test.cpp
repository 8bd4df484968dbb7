#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <numeric>

// Threads of any depth and shape are evaluated in a bounded number of steps.

using namespace prism;
using namespace prism::test;

namespace {

constexpr std::size_t depth = 10'000;

/// A root and a chain of replies below it, each by the other of two users.
[[nodiscard]] firehose_builder chain() {
  firehose_builder events;
  const auto root = events.post("alice", "root");
  auto parent = root;
  for (std::size_t i = 0; i < depth; ++i)
    parent = events.reply(i % 2 == 0 ? "bob" : "carol", fmt::format("r{}", i), parent, root);
  return events;
}

[[nodiscard]] std::int64_t wrong_roots(index_target& target) {
  return target.count("posts WHERE invalid_reply_root");
}

} // namespace

TEST_CASE("a chain of ten thousand replies is valid in one batch, and in many") {
  const auto batch = GENERATE(as<std::size_t>{}, 100, depth + 1);
  auto events = chain();
  index_target target;
  target.apply(events.take(), batch);
  CHECK(target.count("posts") == depth + 1);
  CHECK(wrong_roots(target) == 0);
}

TEST_CASE("the late root of ten thousand replies makes all of them valid") {
  const auto events = chain();
  std::vector<std::size_t> order(events.size() - 1);
  std::iota(order.begin(), order.end(), std::size_t{1});
  index_target target;
  target.apply(events.in_order(order), depth);
  CHECK(wrong_roots(target) == depth);
  order.push_back(0);
  target.apply(events.in_order(order), depth);
  CHECK(wrong_roots(target) == 0);
}

TEST_CASE("circles of replies of any length, and replies to themselves, are wrong at once") {
  const auto length = GENERATE(as<std::size_t>{}, 1, 2, 3, 50);
  const auto batch = GENERATE(as<std::size_t>{}, 1, 1000);
  firehose_builder events;
  const auto root = events.post("alice", "root");
  const auto member = [&](std::size_t i) {
    return record_ref{fmt::format("at://did:plc:user{}/app.bsky.feed.post/p", i % length),
                      root.cid};
  };
  for (std::size_t i = 0; i < length; ++i)
    events.reply(fmt::format("user{}", i), "p", member(i + 1), root);
  events.reply("bob", "below", member(0), root);
  events.reply("bob", "fine", root, root);
  index_target target;
  target.apply(events.take(), batch);
  CHECK(wrong_roots(target) == static_cast<std::int64_t>(length) + 1);
}
