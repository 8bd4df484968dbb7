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
using prism::eviction_reason;
using prism::time_point;

namespace {

/// A call of a map's callback.
template <class Key>
struct eviction {
  Key key;
  int item;
  eviction_reason why;
  friend bool operator==(const eviction&, const eviction&) = default;
};

/// A map of numbers and the calls of its callback, oldest first.
template <class Key>
struct listened_map {
  explicit listened_map(prism::bounded_array_map_options options)
      : map(options, [this](const Key& key, int item, eviction_reason why) {
          left.push_back({key, item, why});
        }) {}
  listened_map(const listened_map&) = delete;
  listened_map& operator=(const listened_map&) = delete;

  std::vector<eviction<Key>> left;
  bounded_array_map<Key, int> map;
};

template <class List>
std::vector<int> as_vector(const List& list) {
  return {list.begin(), list.end()};
}

/// The items of one key, oldest first; empty if the map does not have the key.
template <class Key>
std::vector<int> items_of(const bounded_array_map<Key, int>& map, const Key& key) {
  std::vector<int> items;
  map.for_each([&](const Key& each, const auto& array) {
    if (each == key)
      items = as_vector(array);
  });
  return items;
}

} // namespace

TEST_CASE("the items of one key are kept together and in order") {
  bounded_array_map<std::string, int> map;
  for (const int item : {1, 2, 3})
    CHECK(map.add("post", item, {}).is_new);
  static_cast<void>(map.add("other", 9, {}));
  CHECK(map.items() == 4);
  CHECK(map.keys() == 2);
  CHECK(items_of<std::string>(map, "post") == std::vector{1, 2, 3});
  CHECK(items_of<std::string>(map, "other") == std::vector{9});
}

TEST_CASE("an item can be removed by references into the map itself") {
  bounded_array_map<std::string, std::string> map;
  const std::string long_text(100, 'k'); // not within the string object
  for (const auto* item : {"a", "b", "c"})
    static_cast<void>(map.add(long_text, item + long_text, {}));
  while (map.items() > 0) {
    const std::string* key = nullptr;
    const std::string* item = nullptr;
    map.for_each([&](const std::string& each, const auto& items) {
      key = &each;
      item = &items.front();
    });
    REQUIRE(map.remove(*key, *item));
  }
  CHECK(map.keys() == 0);
}

TEST_CASE("one key too many evicts the least recently used key with all its items") {
  listened_map<std::string> listened({.max_keys = 2});
  auto& [left, map] = listened;
  static_cast<void>(map.add("a", 1, {}));
  static_cast<void>(map.add("a", 2, {}));
  static_cast<void>(map.add("b", 3, {}));
  CHECK_FALSE(map.add("a", 1, {}).is_new); // uses the key
  CHECK(left.empty());
  const auto evicted = eviction_reason::key_evicted;
  CHECK(map.add("c", 4, {}).is_new);
  CHECK(left == std::vector<eviction<std::string>>{{"b", 3, evicted}});
  CHECK(map.add("d", 5, {}).is_new);
  CHECK(left == std::vector<eviction<std::string>>{
                    {"b", 3, evicted}, {"a", 1, evicted}, {"a", 2, evicted}});
  CHECK(map.items() == 2);
}

TEST_CASE("one item too many drops the oldest of its key and warns at most once a minute") {
  listened_map<std::string> listened({.max_keys = 5, .max_items_per_key = 2});
  auto& [left, map] = listened;
  const time_point start{};
  static_cast<void>(map.add("k", 1, start));
  CHECK_FALSE(map.add("k", 2, start).warn);
  CHECK(map.add("k", 3, start).warn == 0U);
  CHECK_FALSE(map.add("k", 4, start + 59s).warn);
  CHECK(map.add("k", 5, start + 60s).warn == 1U);
  const auto full = eviction_reason::array_full;
  CHECK(left == std::vector<eviction<std::string>>{{"k", 1, full}, {"k", 2, full}, {"k", 3, full}});
  CHECK(items_of<std::string>(map, "k") == std::vector{4, 5});
  CHECK(map.items() == 2);
}

TEST_CASE("an item that is added again keeps its place, removes nothing and uses its key") {
  listened_map<std::string> listened({.max_keys = 2, .max_items_per_key = 2});
  auto& [left, map] = listened;
  for (const int item : {1, 2})
    CHECK(map.add("a", item, {}).is_new);
  CHECK(map.add("b", 1, {}).is_new); // another key's item is another one
  const auto again = map.add("a", 1, {});
  CHECK_FALSE(again.is_new);
  CHECK_FALSE(again.warn);
  CHECK(map.items() == 3);
  CHECK(left.empty());
  CHECK(items_of<std::string>(map, "a") == std::vector{1, 2});
  static_cast<void>(map.add("c", 9, {}));
  CHECK(left == std::vector<eviction<std::string>>{{"b", 1, eviction_reason::key_evicted}});
}

TEST_CASE("removing the last item of a key removes the key, without a call of the callback") {
  listened_map<std::string> listened({});
  auto& [left, map] = listened;
  for (const int item : {1, 2, 3})
    static_cast<void>(map.add("k", item, {}));
  CHECK(map.remove(std::string_view("k"), 2));
  CHECK_FALSE(map.remove(std::string_view("k"), 2));
  CHECK_FALSE(map.remove(std::string_view("z"), 1));
  CHECK(items_of<std::string>(map, "k") == std::vector{1, 3});
  CHECK(map.items() == 2);
  CHECK(map.remove(std::string_view("k"), 1));
  CHECK(map.keys() == 1);
  CHECK(map.remove(std::string_view("k"), 3));
  CHECK(map.keys() == 0);
  CHECK(map.items() == 0);
  CHECK(left.empty());
}

TEST_CASE("removing an item does not use its key") {
  listened_map<std::string> listened({.max_keys = 2});
  auto& [left, map] = listened;
  for (const int item : {1, 2})
    static_cast<void>(map.add("a", item, {}));
  static_cast<void>(map.add("b", 3, {}));
  CHECK(map.remove(std::string_view("a"), 1));
  static_cast<void>(map.add("c", 4, {}));
  CHECK(left == std::vector<eviction<std::string>>{{"a", 2, eviction_reason::key_evicted}});
}

TEST_CASE("the callback sees a map without the removed item and with the new one") {
  std::size_t calls = 0;
  const bounded_array_map<int, int>* seen = nullptr;
  bounded_array_map<int, int> map({.max_keys = 1, .max_items_per_key = 2},
                                  [&](int key, int item, eviction_reason why) {
                                    ++calls;
                                    const bool evicted = why == eviction_reason::key_evicted;
                                    CHECK(seen->keys() == 1);
                                    CHECK(seen->items() == (evicted ? 1 : 2));
                                    CHECK(items_of(*seen, key).empty() == evicted);
                                    const auto added = items_of(*seen, evicted ? 2 : 1);
                                    REQUIRE_FALSE(added.empty());
                                    CHECK(added.back() == (evicted ? 20 : 12));
                                    CHECK(added.front() != item);
                                  });
  seen = &map;
  for (const int item : {10, 11, 12})
    static_cast<void>(map.add(1, item, {}));
  CHECK(calls == 1);
  static_cast<void>(map.add(2, 20, {}));
  CHECK(calls == 3);
}

TEST_CASE("a bounded array map accepts items that can only be moved") {
  int left = 0;
  bounded_array_map<int, std::unique_ptr<int>> map(
      {.max_keys = 1, .max_items_per_key = 1},
      [&](int, const std::unique_ptr<int>& item, eviction_reason) { left = *item; });
  static_cast<void>(map.add(1, std::make_unique<int>(5), {}));
  static_cast<void>(map.add(1, std::make_unique<int>(6), {}));
  CHECK(left == 5);
  static_cast<void>(map.add(2, std::make_unique<int>(7), {}));
  CHECK(left == 6);
}

TEST_CASE("a bounded array map works without a callback") {
  bounded_array_map<int, int> map({.max_keys = 1, .max_items_per_key = 1});
  for (const int item : {1, 2, 3})
    static_cast<void>(map.add(item / 2, item, {}));
  CHECK(items_of(map, 1) == std::vector{3});
  CHECK(map.items() == 1);
}

namespace {

struct reference_map {
  std::size_t max_keys;
  std::size_t max_items;
  std::vector<std::pair<int, std::vector<int>>> arrays{}; // least recently used first
  std::vector<eviction<int>> left{};                      // removed by the limits

  auto where(int key) {
    return std::find_if(arrays.begin(), arrays.end(), [&](auto& a) { return a.first == key; });
  }
  bool refresh(int key) {
    if (where(key) == arrays.end())
      return false;
    std::rotate(where(key), where(key) + 1, arrays.end());
    return true;
  }
  bool add(int key, int item) {
    if (!refresh(key)) {
      if (arrays.size() == max_keys) {
        for (const int each : arrays.front().second)
          left.push_back({arrays.front().first, each, eviction_reason::key_evicted});
        arrays.erase(arrays.begin());
      }
      arrays.emplace_back(key, std::vector<int>{});
    }
    auto& array = arrays.back().second;
    if (std::find(array.begin(), array.end(), item) != array.end())
      return false;
    array.push_back(item);
    if (array.size() > max_items) {
      left.push_back({key, array.front(), eviction_reason::array_full});
      array.erase(array.begin());
    }
    return true;
  }
  bool remove(int key, int item) {
    const auto place = where(key);
    if (place == arrays.end() || std::erase(place->second, item) == 0)
      return false;
    if (place->second.empty())
      arrays.erase(place);
    return true;
  }
  std::size_t items() const {
    std::size_t sum = 0;
    for (const auto& [key, array] : arrays)
      sum += array.size();
    return sum;
  }
};

/// Which warnings are due, for fewer keys than are remembered.
struct reference_warnings {
  struct last_line {
    time_point at;
    std::uint64_t suppressed_count{0};
  };
  std::map<int, last_line> lines;

  std::optional<std::uint64_t> allow(int key, time_point now) {
    const auto [line, is_new] = lines.try_emplace(key, last_line{now});
    if (is_new)
      return 0;
    if (now - line->second.at < 60s) {
      ++line->second.suppressed_count;
      return std::nullopt;
    }
    return std::exchange(line->second, last_line{now}).suppressed_count;
  }
};

} // namespace

TEST_CASE("a bounded array map behaves like the reference and reports every item it loses") {
  std::mt19937 random(5);
  for (const auto& [max_keys, max_items] : {std::pair{1U, 1U}, {3U, 2U}, {10U, 5U}, {40U, 3U}}) {
    listened_map<int> listened({.max_keys = max_keys, .max_items_per_key = max_items});
    auto& [left, map] = listened;
    reference_map reference{max_keys, max_items};
    reference_warnings warnings;
    time_point now{};
    std::size_t added = 0;
    std::size_t known = 0; // added again
    std::size_t removed = 0;
    std::size_t evicted = 0;
    std::size_t dropped = 0;
    std::size_t warned = 0;
    for (int step = 0; step < 20'000; ++step) {
      now += std::chrono::seconds{random() % 8};
      const int key = static_cast<int>(random() % (std::size_t{2} * max_keys));
      // Few enough that many are there already, and more than an array has room for.
      const int item = static_cast<int>(random() % (std::size_t{4} * max_items));
      switch (random() % 10) {
      case 0:
      case 1: {
        const bool gone = reference.remove(key, item);
        REQUIRE(map.remove(key, item) == gone);
        removed += gone ? 1 : 0;
        break;
      }
      default: {
        const auto result = map.add(key, item, now);
        const bool is_new = reference.add(key, item);
        REQUIRE(result.is_new == is_new);
        added += is_new ? 1 : 0;
        known += is_new ? 0 : 1;
        // The items that the limits removed, in order, with the reason.
        REQUIRE(left == reference.left);
        const bool full = !left.empty() && left.back().why == eviction_reason::array_full;
        REQUIRE(result.warn == (full ? warnings.allow(key, now) : std::nullopt));
        warned += result.warn ? 1 : 0;
        (full ? dropped : evicted) += left.size();
        left.clear();
        reference.left.clear();
      }
      }
      REQUIRE(left.empty());
      REQUIRE(map.keys() == reference.arrays.size());
      REQUIRE(map.keys() <= max_keys);
      REQUIRE(map.items() == reference.items());
      REQUIRE(map.items() == added - removed - evicted - dropped);
      // Every key in the order of its use, with every item.
      bool same = true;
      auto expected = reference.arrays.rbegin();
      map.for_each([&](int each, const auto& items) {
        same = same && each == expected->first && as_vector(items) == expected->second;
        ++expected;
      });
      REQUIRE(same);
    }
    // The random walk reached every case.
    CHECK(evicted > 50);
    CHECK(dropped > 50);
    CHECK(known > 50);
    CHECK(removed > 50);
    CHECK(warned > 5);
    CHECK(warned < dropped);
  }
}

TEST_CASE("the number of warnings in a minute is limited, however many keys are full") {
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

TEST_CASE("limits of 0 are treated as 1") {
  listened_map<int> listened({.max_keys = 0, .max_items_per_key = 0, .max_warned_keys = 0});
  auto& [left, map] = listened;
  for (const auto& [key, item] : {std::pair{1, 10}, {1, 11}, {2, 20}})
    CHECK(map.add(key, item, {}).is_new);
  CHECK(left == std::vector<eviction<int>>{{1, 10, eviction_reason::array_full},
                                           {1, 11, eviction_reason::key_evicted}});
  CHECK(map.keys() == 1);
  CHECK(map.items() == 1);
}

TEST_CASE("an access costs the same however many keys there are") {
  // A search through a list of 100,000 keys per access would take minutes.
  constexpr int keys = 100'000;
  bounded_array_map<int, int> map({.max_keys = keys, .max_items_per_key = 1});
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 3; ++round)
    for (int key = 0; key < 2 * keys; ++key)
      static_cast<void>(map.add(key, round, time_point{}));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{20});
  CHECK(map.keys() == keys);
}

namespace {

/// Counts the work of searching: hashes and comparisons.
struct counted_item {
  int number;
  static inline std::size_t work = 0;

  friend bool operator==(const counted_item& a, const counted_item& b) {
    ++work;
    return a.number == b.number;
  }
  friend std::size_t hash_value(const counted_item& item) {
    ++work;
    return boost::hash<int>{}(item.number);
  }
};

} // namespace

TEST_CASE("an access costs the same however many items its key has") {
  // A search through the items of the key would take n * n / 2 comparisons for n items.
  for (const int items : {100, 10'000, 100'000}) {
    const auto count = static_cast<std::size_t>(items);
    bounded_array_map<int, counted_item> map({.max_keys = 1, .max_items_per_key = count});
    const auto work_per_item = [&](auto&& access) {
      counted_item::work = 0;
      for (int i = 0; i < items; ++i)
        access(i);
      return static_cast<double>(counted_item::work) / items;
    };
    INFO(items);
    // Including the growth of the index.
    CHECK(work_per_item([&](int i) { static_cast<void>(map.add(1, {i}, {})); }) < 6);
    CHECK(work_per_item([&](int i) { static_cast<void>(map.add(1, {i}, {})); }) < 4); // known
    CHECK(map.items() == count);
    // Full: each drops another.
    CHECK(work_per_item([&](int i) { static_cast<void>(map.add(1, {items + i}, {})); }) < 6);
    CHECK(map.items() == count);
    // From the end, where a search from the front takes longest.
    CHECK(work_per_item([&](int i) { map.remove(1, {2 * items - 1 - i}); }) < 4);
    CHECK(map.items() == 0);
  }
}
