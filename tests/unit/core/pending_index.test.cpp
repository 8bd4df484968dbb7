#include "core/pending_index.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

using namespace prism;

namespace {

[[nodiscard]] pending_key op(std::int64_t creator) {
  return {creator, 2, "r"};
}

} // namespace

TEST_CASE("an operation that is parked again is kept once") {
  pending_index index({.max_keys = 2, .max_items_per_key = 2});
  for (int i = 0; i < 3; ++i)
    CHECK(!index.park(1, op(7), {}).dropped);
  CHECK(index.waiting().items() == 1);
  CHECK(index.forget(1, op(7)));
  CHECK(!index.forget(1, op(7)));
  CHECK(index.waiting().keys() == 0);
}

TEST_CASE("what the caps push out is handed back, and its release afterwards does no harm") {
  pending_index index({.max_keys = 2, .max_items_per_key = 2});
  CHECK(!index.park(1, op(1), {}).evicted);
  CHECK(!index.park(2, op(1), {}).evicted);
  const auto evicted = index.park(3, op(1), {}).evicted;
  REQUIRE(evicted);
  CHECK(evicted->key == 1);
  CHECK(!index.forget(1, op(1)));
  CHECK(!index.park(3, op(2), {}).dropped);
  const auto full = index.park(3, op(3), {});
  REQUIRE(full.dropped);
  CHECK(*full.dropped == op(1));
  CHECK(full.warn);
  CHECK(index.waiting().items() == 3);
}

TEST_CASE("its items are always those of the last parks that were not forgotten") {
  std::mt19937 random(5);
  pending_index index({.max_keys = 5, .max_items_per_key = 3});
  std::size_t left_by_caps = 0;
  std::set<std::pair<std::int64_t, std::int64_t>> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::int64_t key = random() % 8;
    const std::int64_t who = random() % 5;
    if (random() % 3 == 0) {
      CHECK(index.forget(key, op(who)) == (model.erase({key, who}) == 1));
    } else {
      const auto out = index.park(key, op(who), {});
      if (out.evicted)
        for (const auto& each : out.evicted->value) {
          model.erase({out.evicted->key, each.creator_id});
          ++left_by_caps;
        }
      if (out.dropped) {
        model.erase({key, out.dropped->creator_id});
        ++left_by_caps;
      }
      model.insert({key, who});
    }
    REQUIRE(index.waiting().items() == model.size());
    std::size_t sum = 0;
    index.waiting().for_each([&](std::int64_t, const auto& items) { sum += items.size(); });
    REQUIRE(sum == model.size());
  }
  CHECK(left_by_caps > 1'000);
  CHECK(left_by_caps == index.waiting().evicted_items() + index.waiting().dropped_items());
}
