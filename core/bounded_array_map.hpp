#pragma once

#include "core/clock.hpp"
#include "core/lru_cache.hpp"
#include "core/rate_limited.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <utility>

namespace prism {

/// Caps of a `bounded_array_map`; 0 is taken as 1.
struct bounded_array_map_options {
  /// Keys kept; the least recently used one leaves first.
  std::size_t max_keys{10'000};
  /// Items kept per key; the oldest one leaves first.
  std::size_t max_items_per_key{100};
  /// Least time between two warnings about one key.
  std::chrono::seconds warn_interval{60};
  /// Most warnings per interval about all keys together.
  std::size_t max_warned_keys{100};
};

/// Arrays of items under keys, bounded in both directions. Whatever the caps push out is handed
/// back to the caller, who knows what it means; nothing leaves in silence.
///
/// `add`, `touch` and `take` are O(1), `remove_if` is O(items of the key).
/// Invariant: `items()` is the sum of the arrays' sizes. Not thread-safe.
template <class Key, class Item>
class bounded_array_map {
public:
  /// The items of one key, oldest first.
  using array = std::list<Item>;

  /// What one `add` pushed out.
  struct add_result {
    /// A whole other key, the least recently used, and its items: `max_keys` was reached.
    std::optional<typename lru_cache<Key, array>::entry> evicted;
    /// The oldest item of the same key: `max_items_per_key` was reached.
    std::optional<Item> dropped;
    /// Set when it is time to log `[BoundedArrayMap] Array for key X reached max items`; the value
    /// is how many such lines about this key were kept back since the last.
    std::optional<std::uint64_t> warn;
  };

  explicit bounded_array_map(bounded_array_map_options options = {})
      : max_items_(std::max<std::size_t>(options.max_items_per_key, 1)), arrays_(options.max_keys),
        warnings_(options.warn_interval, options.max_warned_keys) {}

  /// Appends `item` to the array of `key`, which becomes the most recently used.
  [[nodiscard]] add_result add(const Key& key, Item item, time_point now) {
    add_result result;
    auto* items = arrays_.find(key);
    if (items == nullptr) {
      result.evicted = arrays_.put(key, array{});
      if (result.evicted) {
        items_ -= result.evicted->value.size();
        evicted_items_ += result.evicted->value.size();
      }
      items = arrays_.find(key);
    } else if (items->size() == max_items_) {
      result.dropped = std::move(items->front());
      items->pop_front();
      --items_;
      ++dropped_items_;
      result.warn = warnings_.pass(key, now);
    }
    items->push_back(std::move(item));
    ++items_;
    return result;
  }

  /// Makes `key` the most recently used. @returns whether it is there.
  template <class K>
  bool touch(const K& key) {
    return arrays_.find(key) != nullptr;
  }

  /// Hands out all items of `key`, oldest first, and forgets the key. Empty if unknown.
  template <class K>
  [[nodiscard]] array take(const K& key) {
    auto items = arrays_.take(key);
    if (!items)
      return {};
    items_ -= items->size();
    return std::move(*items);
  }

  /// Removes the items of `key` for which `gone(item)` is true; a key without items is forgotten.
  /// Does not count as a use of the key. @returns how many were removed.
  template <class K, class Predicate>
  std::size_t remove_if(const K& key, Predicate gone) {
    auto* items = arrays_.find_quietly(key);
    if (items == nullptr)
      return 0;
    const auto removed = items->remove_if(gone);
    items_ -= removed;
    if (items->empty())
      arrays_.erase(key);
    return removed;
  }

  /// The items of `key`, oldest first, for inspection, or nullptr.
  template <class K>
  [[nodiscard]] const array* peek(const K& key) const {
    return arrays_.peek(key);
  }

  /// Calls `visit(key, array)` for each key, most recently used first.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    arrays_.for_each(visit);
  }

  [[nodiscard]] std::size_t keys() const noexcept { return arrays_.size(); }
  [[nodiscard]] std::size_t items() const noexcept { return items_; }

  /// Keys pushed out by `max_keys` since the start.
  [[nodiscard]] std::uint64_t evicted_keys() const noexcept { return arrays_.evictions(); }
  /// Items that left with those keys.
  [[nodiscard]] std::uint64_t evicted_items() const noexcept { return evicted_items_; }
  /// Items pushed out by `max_items_per_key` since the start.
  [[nodiscard]] std::uint64_t dropped_items() const noexcept { return dropped_items_; }

private:
  std::size_t max_items_;
  lru_cache<Key, array> arrays_;
  rate_limited<Key> warnings_;
  std::size_t items_{0};
  std::uint64_t evicted_items_{0};
  std::uint64_t dropped_items_{0};
};

} // namespace prism
