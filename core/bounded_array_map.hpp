#pragma once

#include "core/clock.hpp"
#include "core/hash.hpp"
#include "core/lru_cache.hpp"
#include "core/rate_limited.hpp"

#include <algorithm>
#include <boost/container_hash/hash.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <unordered_set>
#include <utility>

namespace prism {

/// Limits of a `bounded_array_map`; 0 is treated as 1.
struct bounded_array_map_options {
  /// Maximum number of keys; the least recently used one is evicted first.
  std::size_t max_keys{10'000};
  /// Maximum number of items per key; the oldest one is dropped first.
  std::size_t max_items_per_key{100};
  /// Minimum time between two warnings about one key.
  std::chrono::seconds warn_interval{60};
  /// Maximum number of warnings per interval about all keys together.
  std::size_t max_warned_keys{100};
};

/// Why an item was removed from a `bounded_array_map` by a limit.
enum class eviction_reason : std::uint8_t {
  key_evicted, ///< `max_keys` was reached, and its key was the least recently used
  array_full   ///< `max_items_per_key` was reached, and it was the oldest item of its key
};

/// Arrays of distinct items by key, bounded in the number of keys and of items per key. Every item
/// that a limit removes is reported to a callback.
///
/// `add` and `remove` are O(1), whatever the number of keys and items, except for the work per item
/// removed and the growth of the index, both O(1) amortized. Invariant: `items()` is the sum of the
/// sizes of the arrays. After an exception, which only memory exhaustion or the hash of an item can
/// cause, the map may only be destroyed. Not thread-safe.
template <class Key, class Item, class Hash = boost::hash<Item>>
class bounded_array_map {
public:
  /// The items of one key, oldest first, all different.
  using array = std::list<Item>;

  /// Called for each item that a limit removes, oldest first, on the thread that called `add` and
  /// before `add` returns. By then the item is removed and the new one is added. It may read the
  /// map but not modify it, and must not throw: the remaining items would not be reported.
  using on_left = std::function<void(const Key& key, const Item& item, eviction_reason reason)>;

  /// The effect of one `add`.
  struct add_result {
    /// False if the key had the item already.
    bool is_new{false};
    /// Set if `[BoundedArrayMap] Array for key X reached max items` is to be logged; the value is
    /// the number of such lines about this key that were suppressed since the last one.
    std::optional<std::uint64_t> warn;
  };

  /// @param left may be empty
  explicit bounded_array_map(bounded_array_map_options options = {}, on_left left = {})
      : max_items_(std::max<std::size_t>(options.max_items_per_key, 1)), arrays_(options.max_keys),
        warnings_(options.warn_interval, options.max_warned_keys), left_(std::move(left)) {}

  /// Appends `item` to the array of `key`, which becomes the most recently used. An item that is
  /// already in the array keeps its place.
  [[nodiscard]] add_result add(const Key& key, Item item, time_point now) {
    auto* items = arrays_.find(key);
    if (items == nullptr) {
      add_first(key, std::move(item));
      return {.is_new = true, .warn = {}};
    }
    if (places_.contains(sought<Key>{key, item}))
      return {};
    array newest = array_of(std::move(item));
    places_.insert({key, newest.begin()});
    items->splice(items->end(), newest);
    if (items->size() <= max_items_)
      return {.is_new = true, .warn = {}};
    array oldest;
    oldest.splice(oldest.begin(), *items, items->begin());
    forget_places(key, oldest);
    add_result result{.is_new = true, .warn = warnings_.allow(key, now)};
    report_removed(key, oldest, eviction_reason::array_full);
    return result;
  }

  /// Removes `item` from the array of `key`, and the key with its last item. Does not make the key
  /// the most recently used, and is not reported to the callback. @returns whether it was present.
  template <class K>
  bool remove(const K& key, const Item& item) {
    const auto found = places_.find(sought<K>{key, item});
    auto* items = arrays_.find_quietly(key);
    if (items == nullptr || found == places_.end())
      return false;
    const auto where = found->where;
    places_.erase(found); // before the item, by which it is found
    items->erase(where);
    if (items->empty())
      arrays_.erase(key);
    return true;
  }

  /// Calls `visit(key, array)` for each key, most recently used first.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    arrays_.for_each(visit);
  }

  [[nodiscard]] std::size_t keys() const noexcept { return arrays_.size(); }
  [[nodiscard]] std::size_t items() const noexcept { return places_.size(); }

private:
  // An item of an array. One index of all items stores their positions and is searched by their
  // values; an index per key would take several times the memory of most arrays, which have one
  // item.
  struct place {
    Key key;
    typename array::iterator where;

    [[nodiscard]] const Item& item() const { return *where; }
  };
  template <class K>
  struct sought {
    const K& key;
    const Item& value;

    [[nodiscard]] const Item& item() const { return value; }
  };
  struct place_hash {
    using is_transparent = void;
    template <class Place>
    std::size_t operator()(const Place& each) const {
      std::size_t seed = default_hash<Key>{}(each.key);
      boost::hash_combine(seed, Hash{}(each.item()));
      return seed;
    }
  };
  struct place_equal {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return a.key == b.key && a.item() == b.item();
    }
  };

  [[nodiscard]] static array array_of(Item item) {
    array out;
    out.push_back(std::move(item));
    return out;
  }

  void add_first(const Key& key, Item item) {
    array first = array_of(std::move(item));
    const auto where = first.begin();
    const auto evicted = arrays_.put(key, std::move(first));
    places_.insert({key, where});
    if (!evicted)
      return;
    forget_places(evicted->key, evicted->value);
    report_removed(evicted->key, evicted->value, eviction_reason::key_evicted);
  }

  template <class K>
  void forget_places(const K& key, const array& items) {
    for (const auto& each : items)
      places_.erase(places_.find(sought<K>{key, each}));
  }

  void report_removed(const Key& key, const array& items, eviction_reason reason) {
    if (!left_)
      return;
    for (const auto& each : items)
      left_(key, each, reason);
  }

  std::size_t max_items_;
  lru_cache<Key, array> arrays_;
  std::unordered_set<place, place_hash, place_equal> places_;
  rate_limited<Key> warnings_;
  on_left left_;
};

} // namespace prism
