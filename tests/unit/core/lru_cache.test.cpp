#include "core/lru_cache.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using prism::lru_cache;

TEST_CASE("a full cache evicts the least recently used entry and returns it") {
  lru_cache<std::string, int> cache(2);
  CHECK_FALSE(cache.put("a", 1));
  CHECK_FALSE(cache.put("b", 2));
  REQUIRE(cache.find("a") != nullptr);
  const auto evicted = cache.put("c", 3);
  REQUIRE(evicted);
  CHECK(evicted->key == "b");
  CHECK(evicted->value == 2);
  CHECK(cache.size() == 2);
  CHECK(cache.evictions() == 1);
  CHECK(cache.find("b") == nullptr);
}

TEST_CASE("a cache with string keys is searched by string_view") {
  lru_cache<std::string, int> cache(4);
  cache.put("did:plc:abc", 7);
  const std::string_view text = "did:plc:abcdef";
  const auto* found = cache.find(text.substr(0, 11));
  REQUIRE(found != nullptr);
  CHECK(*found == 7);
  CHECK(cache.find(text) == nullptr);
  CHECK(cache.erase(text.substr(0, 11)));
  CHECK(cache.size() == 0);
}

TEST_CASE("putting a known key replaces its value without an eviction") {
  lru_cache<int, std::string> cache(1);
  cache.put(1, "old");
  CHECK_FALSE(cache.put(1, "new"));
  CHECK(*cache.find(1) == "new");
  CHECK(cache.size() == 1);
  CHECK(cache.evictions() == 0);
}

TEST_CASE("only find counts hits and misses and makes an entry the most recently used") {
  lru_cache<int, int> cache(2);
  cache.put(1, 10);
  cache.put(2, 20);
  CHECK(*cache.peek(1) == 10);
  CHECK(*cache.find_quietly(1) == 10);
  CHECK(cache.peek(3) == nullptr);
  CHECK(cache.hits() == 0);
  CHECK(cache.misses() == 0);
  CHECK(cache.oldest()->key == 1);
  CHECK(*cache.find(1) == 10);
  CHECK(cache.find(3) == nullptr);
  CHECK(cache.hits() == 1);
  CHECK(cache.misses() == 1);
  CHECK(cache.oldest()->key == 2);
}

TEST_CASE("a cache accepts values that can only be moved") {
  lru_cache<int, std::unique_ptr<int>> cache(1);
  cache.put(1, std::make_unique<int>(5));
  const auto evicted = cache.put(2, std::make_unique<int>(6));
  REQUIRE(evicted);
  CHECK(*evicted->value == 5);
  CHECK(cache.erase(2));
  CHECK_FALSE(cache.erase(2));
  CHECK(cache.oldest() == nullptr);
}

TEST_CASE("a cache of capacity zero holds one entry") {
  lru_cache<int, int> cache(0);
  CHECK(cache.capacity() == 1);
  cache.put(1, 1);
  CHECK(cache.put(2, 2)->key == 1);
}

TEST_CASE("a moved cache still finds its entries") {
  lru_cache<int, int> source(3);
  for (int i = 0; i < 3; ++i)
    source.put(i, i);
  auto cache = std::move(source);
  CHECK(*cache.find(0) == 0);
  CHECK(cache.put(3, 3)->key == 1);
}

namespace {

// The behaviour of a cache in its simplest form.
struct reference_cache {
  std::size_t capacity;
  std::vector<std::pair<int, int>> entries; // least recently used first

  auto where(int key) {
    return std::find_if(entries.begin(), entries.end(), [&](auto& e) { return e.first == key; });
  }
  void refresh(int key) { std::rotate(where(key), where(key) + 1, entries.end()); }
};

} // namespace

TEST_CASE("a cache behaves like the reference under random use") {
  std::mt19937 random(11);
  for (const std::size_t capacity : {1U, 2U, 7U, 50U}) {
    lru_cache<int, int> cache(capacity);
    reference_cache reference{capacity, {}};
    for (int step = 0; step < 5000; ++step) {
      const int key = static_cast<int>(random() % (2 * capacity + 1));
      switch (random() % 4) {
      case 0: {
        const bool known = reference.where(key) != reference.entries.end();
        if (known) {
          reference.refresh(key);
          reference.entries.back().second = step;
        }
        const auto evicted = cache.put(key, step);
        const bool full = reference.entries.size() == capacity;
        REQUIRE(evicted.has_value() == (!known && full));
        if (evicted) {
          REQUIRE(evicted->key == reference.entries.front().first);
          REQUIRE(evicted->value == reference.entries.front().second);
          reference.entries.erase(reference.entries.begin());
        }
        if (!known)
          reference.entries.emplace_back(key, step);
        break;
      }
      case 1: {
        const bool known = reference.where(key) != reference.entries.end();
        REQUIRE(cache.erase(key) == known);
        if (known)
          reference.entries.erase(reference.where(key));
        break;
      }
      default: {
        const auto* value = cache.find(key);
        const auto place = reference.where(key);
        REQUIRE((value != nullptr) == (place != reference.entries.end()));
        if (value != nullptr) {
          REQUIRE(*value == place->second);
          reference.refresh(key);
        }
      }
      }
      REQUIRE(cache.size() == reference.entries.size());
    }
    std::vector<std::pair<int, int>> left;
    cache.for_each([&](int key, int value) { left.emplace_back(key, value); });
    std::reverse(left.begin(), left.end());
    CHECK(left == reference.entries);
  }
}
