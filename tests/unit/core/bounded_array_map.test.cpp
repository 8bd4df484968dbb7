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

/// What a map told its callback.
template <class Key>
struct eviction {
  Key key;
  int item;
  eviction_reason why;
  friend bool operator==(const eviction&, const eviction&) = default;
};

/// A map of numbers and what it told, oldest first.
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

} // namespace

TEST_CASE("items of one key come out together and in order") {
  bounded_array_map<std::string, int> map;
  for (const int item : {1, 2, 3})
    CHECK(map.add("post", item, {}).is_new);
  static_cast<void>(map.add("other", 9, {}));
  CHECK(map.items() == 4);
  const auto items = map.take(std::string_view("post"));
  CHECK(as_vector(items) == std::vector{1, 2, 3});
  CHECK(map.items() == 1);
  CHECK(map.keys() == 1);
  CHECK(map.take(std::string_view("post")).empty());
}

TEST_CASE("a key or item of the map itself names what leaves it") {
  bounded_array_map<std::string, std::string> map;
  const std::string long_text(100, 'k'); // not within the string object
  for (const auto* item : {"a", "b", "c"})
    static_cast<void>(map.add(long_text, item + long_text, {}));
  const std::string* key = nullptr;
  map.for_each([&](const std::string& each, const auto&) { key = &each; });
  REQUIRE(map.remove(*key, map.peek(long_text)->front()));
  CHECK(map.take(*key).size() == 2);
  CHECK(map.items() == 0);
}

TEST_CASE("one key too many pushes out the least recently used key with all its items") {
  listened_map<std::string> listened({.max_keys = 2});
  auto& [left, map] = listened;
  static_cast<void>(map.add("a", 1, {}));
  static_cast<void>(map.add("a", 2, {}));
  static_cast<void>(map.add("b", 3, {}));
  CHECK(map.touch(std::string_view("a")));
  CHECK_FALSE(map.touch(std::string_view("z")));
  CHECK(left.empty());
  const auto evicted = eviction_reason::key_evicted;
  CHECK(map.add("c", 4, {}).is_new);
  CHECK(left == std::vector<eviction<std::string>>{{"b", 3, evicted}});
  CHECK(map.add("d", 5, {}).is_new);
  CHECK(left == std::vector<eviction<std::string>>{
                    {"b", 3, evicted}, {"a", 1, evicted}, {"a", 2, evicted}});
  CHECK(map.evicted_keys() == 2);
  CHECK(map.evicted_items() == 3);
  CHECK(map.items() == 2);
}

TEST_CASE("one item too many pushes out the oldest of its key and warns at most once a minute") {
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
  CHECK(as_vector(*map.peek(std::string_view("k"))) == std::vector{4, 5});
  CHECK(map.dropped_items() == 3);
  CHECK(map.items() == 2);
}

TEST_CASE("an item that is added again keeps its place, pushes nothing out and uses its key") {
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
  CHECK(as_vector(*map.peek(std::string_view("a"))) == std::vector{1, 2});
  static_cast<void>(map.add("c", 9, {}));
  CHECK(left == std::vector<eviction<std::string>>{{"b", 1, eviction_reason::key_evicted}});
}

TEST_CASE("removing the last item of a key frees the key, and nobody is told") {
  listened_map<std::string> listened({});
  auto& [left, map] = listened;
  for (const int item : {1, 2, 3})
    static_cast<void>(map.add("k", item, {}));
  CHECK(map.remove(std::string_view("k"), 2));
  CHECK_FALSE(map.remove(std::string_view("k"), 2));
  CHECK_FALSE(map.remove(std::string_view("z"), 1));
  CHECK(as_vector(*map.peek(std::string_view("k"))) == std::vector{1, 3});
  CHECK(map.items() == 2);
  CHECK(map.remove(std::string_view("k"), 1));
  CHECK(map.keys() == 1);
  CHECK(map.remove(std::string_view("k"), 3));
  CHECK(map.keys() == 0);
  CHECK(map.items() == 0);
  CHECK(left.empty());
}

TEST_CASE("to remove an item is no use of its key") {
  listened_map<std::string> listened({.max_keys = 2});
  auto& [left, map] = listened;
  for (const int item : {1, 2})
    static_cast<void>(map.add("a", item, {}));
  static_cast<void>(map.add("b", 3, {}));
  CHECK(map.remove(std::string_view("a"), 1));
  static_cast<void>(map.add("c", 4, {}));
  CHECK(left == std::vector<eviction<std::string>>{{"a", 2, eviction_reason::key_evicted}});
}

TEST_CASE("who is told of an item sees a map without it and with what pushed it out") {
  std::size_t calls = 0;
  const bounded_array_map<int, int>* seen = nullptr;
  bounded_array_map<int, int> map({.max_keys = 1, .max_items_per_key = 2},
                                  [&](int key, int item, eviction_reason why) {
                                    ++calls;
                                    const bool evicted = why == eviction_reason::key_evicted;
                                    CHECK(seen->keys() == 1);
                                    CHECK(seen->items() == (evicted ? 1 : 2));
                                    CHECK((seen->peek(key) == nullptr) == evicted);
                                    CHECK(seen->dropped_items() == 1);
                                    CHECK(seen->evicted_items() == (evicted ? 2 : 0));
                                    const auto* added = seen->peek(evicted ? 2 : 1);
                                    REQUIRE(added != nullptr);
                                    CHECK(added->back() == (evicted ? 20 : 12));
                                    CHECK(as_vector(*added).front() != item);
                                  });
  seen = &map;
  for (const int item : {10, 11, 12})
    static_cast<void>(map.add(1, item, {}));
  CHECK(calls == 1);
  static_cast<void>(map.add(2, 20, {}));
  CHECK(calls == 3);
}

TEST_CASE("a bounded array map takes items that can only be moved") {
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

TEST_CASE("a bounded array map works for those who do not want to know what leaves") {
  bounded_array_map<int, int> map({.max_keys = 1, .max_items_per_key = 1});
  for (const int item : {1, 2, 3})
    static_cast<void>(map.add(item / 2, item, {}));
  CHECK(map.evicted_items() == 1);
  CHECK(map.dropped_items() == 1);
}

namespace {

struct reference_map {
  std::size_t max_keys;
  std::size_t max_items;
  std::vector<std::pair<int, std::vector<int>>> arrays{}; // least recently used first
  std::vector<eviction<int>> left{};                      // pushed out by the caps
  std::size_t evicted_keys{0};

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
        ++evicted_keys;
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

TEST_CASE("a bounded array map behaves like a naive one and loses no item unreported") {
  std::mt19937 random(5);
  for (const auto& [max_keys, max_items] : {std::pair{1U, 1U}, {3U, 2U}, {10U, 5U}, {40U, 3U}}) {
    listened_map<int> listened({.max_keys = max_keys, .max_items_per_key = max_items});
    auto& [left, map] = listened;
    reference_map reference{max_keys, max_items};
    reference_warnings warnings;
    time_point now{};
    std::size_t added = 0;
    std::size_t known = 0;     // added again
    std::size_t asked_out = 0; // taken and removed
    std::size_t removed = 0;
    std::size_t evicted = 0;
    std::size_t dropped = 0;
    std::size_t warned = 0;
    for (int step = 0; step < 20'000; ++step) {
      now += std::chrono::seconds{random() % 8};
      const int key = static_cast<int>(random() % (std::size_t{2} * max_keys));
      // Few enough that many are there already, and more than an array has room for.
      const int item = static_cast<int>(random() % (std::size_t{4} * max_items));
      const auto place = reference.where(key);
      const bool is_there = place != reference.arrays.end();
      switch (random() % 12) {
      case 0: {
        const auto taken = map.take(key);
        REQUIRE(as_vector(taken) == (is_there ? place->second : std::vector<int>{}));
        asked_out += taken.size();
        if (is_there)
          reference.arrays.erase(place);
        break;
      }
      case 1:
      case 2: {
        const bool gone = reference.remove(key, item);
        REQUIRE(map.remove(key, item) == gone);
        asked_out += gone ? 1 : 0;
        removed += gone ? 1 : 0;
        break;
      }
      case 3:
        REQUIRE(map.touch(key) == reference.refresh(key));
        break;
      case 4: { // a look is no use
        const auto* seen = map.peek(key);
        REQUIRE((seen != nullptr) == is_there);
        REQUIRE((seen == nullptr || as_vector(*seen) == place->second));
        break;
      }
      default: {
        const auto result = map.add(key, item, now);
        const bool is_new = reference.add(key, item);
        REQUIRE(result.is_new == is_new);
        added += is_new ? 1 : 0;
        known += is_new ? 0 : 1;
        // What was pushed out, in its order, and why.
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
      REQUIRE(map.evicted_keys() == reference.evicted_keys);
      REQUIRE(map.evicted_items() == evicted);
      REQUIRE(map.dropped_items() == dropped);
      REQUIRE(map.items() == added - asked_out - evicted - dropped);
      // Every key in the order of its use, with every item.
      bool same = true;
      auto expected = reference.arrays.rbegin();
      map.for_each([&](int each, const auto& items) {
        same = same && each == expected->first && as_vector(items) == expected->second;
        ++expected;
      });
      REQUIRE(same);
    }
    // The random walk went everywhere.
    CHECK(evicted > 50);
    CHECK(dropped > 50);
    CHECK(known > 50);
    CHECK(removed > 50);
    CHECK(warned > 5);
    CHECK(warned < dropped);
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
  listened_map<int> listened({.max_keys = 0, .max_items_per_key = 0, .max_warned_keys = 0});
  auto& [left, map] = listened;
  for (const auto& [key, item] : {std::pair{1, 10}, {1, 11}, {2, 20}})
    CHECK(map.add(key, item, {}).is_new);
  CHECK(left == std::vector<eviction<int>>{{1, 10, eviction_reason::array_full},
                                           {1, 11, eviction_reason::key_evicted}});
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

namespace {

/// Counts the work that searching takes: its hashes and comparisons.
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

TEST_CASE("H4 an access costs the same however many items its key has") {
  // Adding looked at every item for a known one, and removing at every item for the one: n items
  // took n * n / 2 comparisons.
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
    // With what growing takes.
    CHECK(work_per_item([&](int i) { static_cast<void>(map.add(1, {i}, {})); }) < 6);
    CHECK(work_per_item([&](int i) { static_cast<void>(map.add(1, {i}, {})); }) < 4); // known
    CHECK(map.items() == count);
    // Full: each pushes out another.
    CHECK(work_per_item([&](int i) { static_cast<void>(map.add(1, {items + i}, {})); }) < 6);
    CHECK(map.dropped_items() == count);
    // From the end, where a search from the front takes longest.
    CHECK(work_per_item([&](int i) { map.remove(1, {2 * items - 1 - i}); }) < 4);
    CHECK(map.items() == 0);
  }
}
