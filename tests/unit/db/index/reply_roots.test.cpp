#include "db/index/reply_roots.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace prism::db;

namespace {

constexpr std::int64_t root_id = 1;

/// A present reply at place `id`, stored as valid.
[[nodiscard]] reply_version reply(std::int64_t id, std::int64_t parent,
                                  std::optional<reply_version::parent_version> found) {
  return {id, id, end_of_places, root_id, parent, false, found};
}

constexpr reply_version::parent_version a_root{root_id, std::nullopt, false, false};

/// A parent that is a reply in the same thread.
[[nodiscard]] reply_version::parent_version a_reply(std::int64_t id, bool invalid = false) {
  return {id, root_id, true, invalid};
}

[[nodiscard]] std::vector<std::int64_t> ids(const std::vector<reply_roots::change>& changes) {
  std::vector<std::int64_t> out;
  for (const auto& each : changes)
    out.push_back(each.id);
  return out;
}

} // namespace

TEST_CASE("a reply is valid if its parent is the root, or a valid reply in the same thread") {
  reply_roots roots;
  auto other_thread = a_reply(2);
  other_thread.root_id = 99;
  constexpr reply_version::parent_version reply_as_root{root_id, 5, true, false};
  roots.add({reply(2, 1, a_root), reply(3, 2, a_reply(2)), reply(4, 2, other_thread),
             reply(5, 7, std::nullopt), reply(6, 1, reply_as_root), reply(7, 2, a_reply(2, true))});
  // 7: what is stored of its parent gives way to what was found out about it here.
  CHECK(ids(roots.evaluate()) == std::vector<std::int64_t>{4, 5, 6});
}

TEST_CASE("a wrong root passes down a chain in one pass") {
  constexpr std::int64_t last = 10'002;
  reply_roots roots;
  std::vector<reply_version> chain{reply(2, 50'000, std::nullopt)};
  for (std::int64_t id = 3; id <= last; ++id)
    chain.push_back(reply(id, id - 1, a_reply(id - 1)));
  std::ranges::shuffle(chain, std::mt19937{1});
  roots.add(std::move(chain));
  CHECK(roots.evaluate().size() == last - 1);
}

TEST_CASE("replies that are added later follow the results before them") {
  reply_roots roots;
  roots.add({reply(2, 50, std::nullopt)});
  CHECK(ids(roots.evaluate()) == std::vector<std::int64_t>{2});
  roots.add({reply(4, 3, a_reply(3)), reply(3, 2, a_reply(2))});
  CHECK(ids(roots.evaluate()) == std::vector<std::int64_t>{2, 3, 4});
}

TEST_CASE("a reply that is stored as wrong becomes valid with its parent") {
  reply_roots roots;
  auto parent = reply(2, 1, a_root);
  auto child = reply(3, 2, a_reply(2, true));
  parent.invalid = child.invalid = true;
  roots.add({child, parent});
  const auto changes = roots.evaluate();
  CHECK(ids(changes) == std::vector<std::int64_t>{2, 3});
  for (const auto& each : changes)
    CHECK_FALSE(each.invalid);
}
