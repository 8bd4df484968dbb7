#pragma once

#include "core/clock.hpp"
#include "core/lru_cache.hpp"
#include "core/rate_limited.hpp"

#include <algorithm>
#include <boost/container_hash/hash.hpp>
#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/identity.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
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

/// Why an item was pushed out of a `bounded_array_map`.
enum class left_because : std::uint8_t {
  key_evicted, ///< `max_keys` was reached and its key was the least recently used
  array_full   ///< `max_items_per_key` was reached and it was the oldest of its key
};

/// Arrays of different items under keys, bounded in both directions. Whatever the caps push out is
/// told to a callback, which knows what it means; nothing leaves in silence.
///
/// `add`, `touch`, `take`, `remove` and `peek` are O(1): none of them depends on how many keys
/// there are or items of a key, but for the call for each item that is told and the hashes of items
/// when an array grows, both O(1) on average. The price is memory: 0.7 kB per key beside its items.
/// Invariant: `items()` is the sum of the arrays' sizes. Not thread-safe.
template <class Key, class Item, class Hash = boost::hash<Item>>
class bounded_array_map {
public:
  /// The items of one key, oldest first, none of them twice; can be searched by item.
  using array = boost::multi_index_container<
      Item, boost::multi_index::indexed_by<
                boost::multi_index::sequenced<>,
                boost::multi_index::hashed_unique<boost::multi_index::identity<Item>, Hash>>>;

  /// Is told of each item that a cap pushes out, in the thread that called `add` and before `add`
  /// returns, oldest first. The map is consistent by then: the item is gone and the new one is in.
  /// It may look at the map but not change it, and must not throw: the rest would not be told.
  using on_left = std::function<void(const Key& key, const Item& item, left_because why)>;

  /// What one `add` did.
  struct add_result {
    /// False if the key had the item already.
    bool is_new{false};
    /// Set when it is time to log `[BoundedArrayMap] Array for key X reached max items`; the value
    /// is how many such lines about this key were kept back since the last.
    std::optional<std::uint64_t> warn;
  };

  /// @param left may be empty for those who do not want to know.
  explicit bounded_array_map(bounded_array_map_options options = {}, on_left left = {})
      : max_items_(std::max<std::size_t>(options.max_items_per_key, 1)), arrays_(options.max_keys),
        warnings_(options.warn_interval, options.max_warned_keys), left_(std::move(left)) {}

  /// Appends `item` to the array of `key`, which becomes the most recently used. An item that is
  /// there already keeps its place in the array.
  [[nodiscard]] add_result add(const Key& key, Item item, time_point now) {
    auto* items = arrays_.find(key);
    if (items == nullptr) {
      add_first(key, std::move(item));
      return {.is_new = true, .warn = {}};
    }
    if (!items->push_back(std::move(item)).second)
      return {};
    ++items_;
    if (items->size() <= max_items_)
      return {.is_new = true, .warn = {}};
    const auto oldest = items->extract(items->begin());
    --items_;
    ++dropped_items_;
    add_result result{.is_new = true, .warn = warnings_.pass(key, now)};
    tell(key, oldest.value(), left_because::array_full);
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

  /// Removes `item` from the array of `key`; a key without items is forgotten. Does not count as a
  /// use of the key, and is not told to the callback. @returns whether it was there.
  template <class K>
  bool remove(const K& key, const Item& item) {
    auto* items = arrays_.find_quietly(key);
    if (items == nullptr || items->template get<by_value>().erase(item) == 0)
      return false;
    --items_;
    if (items->empty())
      arrays_.erase(key);
    return true;
  }

  /// The items of `key`, oldest first, for inspection, or nullptr. Valid until the map is changed.
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
  static constexpr int by_value = 1; // the index of an array that is searched

  // The array enters with its item in it, so that memory running out leaves no key without items.
  void add_first(const Key& key, Item item) {
    array first;
    first.push_back(std::move(item));
    const auto evicted = arrays_.put(key, std::move(first));
    ++items_;
    if (!evicted)
      return;
    items_ -= evicted->value.size();
    evicted_items_ += evicted->value.size();
    for (const auto& each : evicted->value)
      tell(evicted->key, each, left_because::key_evicted);
  }

  void tell(const Key& key, const Item& item, left_because why) {
    if (left_)
      left_(key, item, why);
  }

  std::size_t max_items_;
  lru_cache<Key, array> arrays_;
  rate_limited<Key> warnings_;
  on_left left_;
  std::size_t items_{0};
  std::uint64_t evicted_items_{0};
  std::uint64_t dropped_items_{0};
};

} // namespace prism
