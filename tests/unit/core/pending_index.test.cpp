#include "core/pending_index.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <utility>
#include <vector>

using namespace prism;

namespace {

[[nodiscard]] pending_key op(std::int64_t creator) {
  return {creator, 2, "r"};
}

} // namespace

TEST_CASE("an operation that is parked again is kept once") {
  pending_index index({.max_keys = 2, .max_items_per_key = 2});
  for (int i = 0; i < 3; ++i)
    CHECK(index.park(1, op(7), {}).is_new == (i == 0));
  CHECK(index.waiting().items() == 1);
  CHECK(index.forget(1, op(7)));
  CHECK(!index.forget(1, op(7)));
  CHECK(index.waiting().keys() == 0);
}

TEST_CASE("operations are the same if all of their path is") {
  pending_index index({.max_keys = 1, .max_items_per_key = 10});
  for (const auto& each : {pending_key{1, 2, "r"}, {2, 2, "r"}, {1, 3, "r"}, {1, 2, "s"}}) {
    CHECK(index.park(1, each, {}).is_new);
    CHECK_FALSE(index.park(1, each, {}).is_new);
  }
  CHECK(index.waiting().items() == 4);
  CHECK(index.forget(1, {1, 3, "r"}));
  CHECK(index.waiting().items() == 3);
}

TEST_CASE("evicted operations are reported, and their release afterwards does no harm") {
  std::vector<std::pair<std::int64_t, std::int64_t>> left;
  pending_index index({.max_keys = 2, .max_items_per_key = 2},
                      [&](std::int64_t key, const pending_key& item, eviction_reason) {
                        left.emplace_back(key, item.creator_id);
                      });
  for (const std::int64_t key : {1, 2, 3})
    CHECK(index.park(key, op(1), {}).is_new);
  CHECK(left == std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}});
  CHECK(!index.forget(1, op(1)));
  CHECK(index.park(3, op(2), {}).is_new);
  CHECK(left.size() == 1);
  CHECK(index.park(3, op(3), {}).warn);
  CHECK(left == std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {3, 1}});
  CHECK(index.waiting().items() == 3);
}

TEST_CASE("its items are always those of the last parks that were not forgotten") {
  std::mt19937 random(5);
  std::size_t left_by_caps = 0;
  std::set<std::pair<std::int64_t, std::int64_t>> model;
  pending_index index({.max_keys = 5, .max_items_per_key = 3},
                      [&](std::int64_t key, const pending_key& item, eviction_reason) {
                        REQUIRE(model.erase({key, item.creator_id}) == 1);
                        ++left_by_caps;
                      });
  for (int step = 0; step < 20'000; ++step) {
    const std::int64_t key = random() % 8;
    const std::int64_t who = random() % 5;
    if (random() % 3 == 0)
      CHECK(index.forget(key, op(who)) == (model.erase({key, who}) == 1));
    else
      CHECK(index.park(key, op(who), {}).is_new == model.insert({key, who}).second);
    REQUIRE(index.waiting().items() == model.size());
    std::size_t sum = 0;
    index.waiting().for_each([&](std::int64_t, const auto& items) { sum += items.size(); });
    REQUIRE(sum == model.size());
  }
  CHECK(left_by_caps > 1'000);
}
