#include "core/bounded_array_map.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using prism::bounded_array_map;
using prism::time_point;

TEST_CASE("items of one key come out together and in order") {
  bounded_array_map<std::string, int> map;
  for (const int item : {1, 2, 3})
    CHECK_FALSE(map.add("post", item, {}).evicted);
  static_cast<void>(map.add("other", 9, {}));
  CHECK(map.items() == 4);
  const auto items = map.take(std::string_view("post"));
  CHECK(std::vector<int>(items.begin(), items.end()) == std::vector{1, 2, 3});
  CHECK(map.items() == 1);
  CHECK(map.keys() == 1);
  CHECK(map.take(std::string_view("post")).empty());
}

TEST_CASE("one key too many pushes out the least recently used key with all its items") {
  bounded_array_map<std::string, int> map({.max_keys = 2});
  static_cast<void>(map.add("a", 1, {}));
  static_cast<void>(map.add("a", 2, {}));
  static_cast<void>(map.add("b", 3, {}));
  CHECK(map.touch(std::string_view("a")));
  CHECK_FALSE(map.touch(std::string_view("z")));
  const auto first = map.add("c", 4, {});
  REQUIRE(first.evicted);
  CHECK(first.evicted->key == "b");
  const auto second = map.add("d", 5, {});
  REQUIRE(second.evicted);
  CHECK(second.evicted->key == "a");
  CHECK(second.evicted->value == std::list{1, 2});
  CHECK(map.evicted_keys() == 2);
  CHECK(map.evicted_items() == 3);
  CHECK(map.items() == 2);
}

TEST_CASE("one item too many pushes out the oldest of its key and warns at most once a minute") {
  bounded_array_map<std::string, int> map({.max_keys = 5, .max_items_per_key = 2});
  const time_point start{};
  static_cast<void>(map.add("k", 1, start));
  CHECK_FALSE(map.add("k", 2, start).warn);
  const auto full = map.add("k", 3, start);
  CHECK(full.dropped == 1);
  CHECK(full.warn == 0U);
  const auto quiet = map.add("k", 4, start + 59s);
  CHECK(quiet.dropped == 2);
  CHECK_FALSE(quiet.warn);
  CHECK(map.add("k", 5, start + 60s).warn == 1U);
  CHECK(*map.peek(std::string_view("k")) == std::list{4, 5});
  CHECK(map.dropped_items() == 3);
  CHECK(map.items() == 2);
}

TEST_CASE("removing the last item of a key frees the key") {
  bounded_array_map<std::string, int> map;
  for (const int item : {1, 2, 3, 4})
    static_cast<void>(map.add("k", item, {}));
  CHECK(map.remove_if(std::string_view("k"), [](int item) { return item % 2 == 0; }) == 2);
  CHECK(map.keys() == 1);
  CHECK(map.items() == 2);
  CHECK(map.remove_if(std::string_view("k"), [](int) { return true; }) == 2);
  CHECK(map.keys() == 0);
  CHECK(map.items() == 0);
  CHECK(map.remove_if(std::string_view("k"), [](int) { return true; }) == 0);
}

TEST_CASE("a bounded array map takes items that can only be moved") {
  bounded_array_map<int, std::unique_ptr<int>> map({.max_keys = 1, .max_items_per_key = 1});
  static_cast<void>(map.add(1, std::make_unique<int>(5), {}));
  const auto result = map.add(1, std::make_unique<int>(6), {});
  REQUIRE(result.dropped);
  CHECK(**result.dropped == 5);
}

namespace {

struct naive_map {
  std::size_t max_keys;
  std::size_t max_items;
  std::vector<std::pair<int, std::vector<int>>> arrays; // least recently used first

  auto where(int key) {
    return std::find_if(arrays.begin(), arrays.end(), [&](auto& a) { return a.first == key; });
  }
  bool refresh(int key) {
    if (where(key) == arrays.end())
      return false;
    std::rotate(where(key), where(key) + 1, arrays.end());
    return true;
  }
  std::size_t items() const {
    std::size_t sum = 0;
    for (const auto& [key, array] : arrays)
      sum += array.size();
    return sum;
  }
};

template <class List>
std::vector<int> as_vector(const List& list) {
  return {list.begin(), list.end()};
}

/// Which warnings are due, for fewer keys than are remembered.
struct naive_warnings {
  struct last_line {
    time_point at;
    std::uint64_t kept_back{0};
  };
  std::map<int, last_line> lines;

  std::optional<std::uint64_t> pass(int key, time_point now) {
    const auto [line, is_new] = lines.try_emplace(key, last_line{now});
    if (is_new)
      return 0;
    if (now - line->second.at < 60s) {
      ++line->second.kept_back;
      return std::nullopt;
    }
    return std::exchange(line->second, last_line{now}).kept_back;
  }
};

} // namespace

TEST_CASE("a bounded array map behaves like a naive one and loses no item unreported") {
  std::mt19937 random(5);
  for (const auto& [max_keys, max_items] : {std::pair{1U, 1U}, {3U, 2U}, {10U, 5U}, {40U, 3U}}) {
    bounded_array_map<int, int> map({.max_keys = max_keys, .max_items_per_key = max_items});
    naive_map naive{max_keys, max_items, {}};
    naive_warnings warnings;
    time_point now{};
    std::size_t added = 0;
    std::size_t asked_out = 0; // taken and removed
    std::size_t evicted_keys = 0;
    std::size_t evicted_items = 0;
    std::size_t dropped_items = 0;
    std::size_t warned = 0;
    for (int step = 0; step < 8000; ++step) {
      now += std::chrono::seconds{random() % 8};
      const int key = static_cast<int>(random() % (std::size_t{2} * max_keys));
      const auto place = naive.where(key);
      const bool is_there = place != naive.arrays.end();
      switch (random() % 9) {
      case 0: {
        const auto taken = map.take(key);
        REQUIRE(as_vector(taken) == (is_there ? place->second : std::vector<int>{}));
        asked_out += taken.size();
        if (is_there)
          naive.arrays.erase(place);
        break;
      }
      case 1: {
        const auto odd = [](int item) { return item % 2 == 1; };
        std::size_t removed = 0;
        if (is_there) {
          removed = std::erase_if(place->second, odd);
          if (place->second.empty())
            naive.arrays.erase(place);
        }
        REQUIRE(map.remove_if(key, odd) == removed);
        asked_out += removed;
        break;
      }
      case 2:
        REQUIRE(map.touch(key) == naive.refresh(key));
        break;
      case 3: { // a look is no use
        const auto* seen = map.peek(key);
        REQUIRE((seen != nullptr) == is_there);
        REQUIRE((seen == nullptr || as_vector(*seen) == place->second));
        break;
      }
      default: {
        const auto result = map.add(key, step, now);
        ++added;
        REQUIRE_FALSE((result.evicted && result.dropped));
        if (!naive.refresh(key)) {
          REQUIRE(result.evicted.has_value() == (naive.arrays.size() == max_keys));
          if (result.evicted) {
            REQUIRE(result.evicted->key == naive.arrays.front().first);
            REQUIRE(as_vector(result.evicted->value) == naive.arrays.front().second);
            ++evicted_keys;
            evicted_items += result.evicted->value.size();
            naive.arrays.erase(naive.arrays.begin());
          }
          naive.arrays.emplace_back(key, std::vector<int>{});
        }
        auto& array = naive.arrays.back().second;
        const bool full = array.size() == max_items;
        REQUIRE(result.dropped.has_value() == full);
        REQUIRE(result.warn == (full ? warnings.pass(key, now) : std::nullopt));
        warned += result.warn ? 1 : 0;
        if (full) {
          REQUIRE(*result.dropped == array.front());
          array.erase(array.begin());
          ++dropped_items;
        }
        array.push_back(step);
      }
      }
      REQUIRE(map.keys() == naive.arrays.size());
      REQUIRE(map.keys() <= max_keys);
      REQUIRE(map.items() == naive.items());
      REQUIRE(map.evicted_keys() == evicted_keys);
      REQUIRE(map.evicted_items() == evicted_items);
      REQUIRE(map.dropped_items() == dropped_items);
      REQUIRE(map.items() == added - asked_out - evicted_items - dropped_items);
      // Every key in the order of its use, with every item.
      bool same = true;
      auto expected = naive.arrays.rbegin();
      map.for_each([&](int each, const auto& items) {
        same = same && each == expected->first && as_vector(items) == expected->second;
        ++expected;
      });
      REQUIRE(same);
    }
    // The random walk went everywhere.
    CHECK(evicted_keys > 50);
    CHECK(dropped_items > 50);
    CHECK(warned > 5);
    CHECK(warned < dropped_items);
  }
}

TEST_CASE("however many keys are full, only so many warnings come in a minute") {
  bounded_array_map<int, int> map(
      {.max_keys = 1'000, .max_items_per_key = 1, .max_warned_keys = 10});
  const auto fill_all = [&](time_point now) {
    int warned = 0;
    for (int key = 0; key < 1'000; ++key)
      for (int item = 0; item < 3; ++item)
        warned += map.add(key, item, now).warn ? 1 : 0;
    return warned;
  };
  CHECK(fill_all(time_point{}) == 10);
  CHECK(fill_all(time_point{} + 59s) == 0);
  CHECK(fill_all(time_point{} + 60s) == 10);
}

TEST_CASE("caps of 0 are taken as 1") {
  bounded_array_map<int, int> map({.max_keys = 0, .max_items_per_key = 0, .max_warned_keys = 0});
  CHECK_FALSE(map.add(1, 10, {}).dropped);
  CHECK(map.add(1, 11, {}).dropped == 10);
  CHECK(map.add(2, 20, {}).evicted->key == 1);
  CHECK(map.keys() == 1);
  CHECK(map.items() == 1);
}

TEST_CASE("H4 an access costs the same however many keys there are") {
  // Each access searched a list of all keys: at 100,000 of them that is minutes for what follows.
  constexpr int keys = 100'000;
  bounded_array_map<int, int> map({.max_keys = keys, .max_items_per_key = 1});
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 3; ++round)
    for (int key = 0; key < 2 * keys; ++key)
      static_cast<void>(map.add(key, round, time_point{}));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{20});
  CHECK(map.keys() == keys);
}
