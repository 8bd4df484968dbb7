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
enum class eviction_reason : std::uint8_t {
  key_evicted, ///< `max_keys` was reached and its key was the least recently used
  array_full   ///< `max_items_per_key` was reached and it was the oldest of its key
};

/// Arrays of different items under keys, bounded in both directions. Whatever the caps push out is
/// told to a callback, which knows what it means; nothing leaves in silence.
///
/// `add`, `touch`, `take`, `remove` and `peek` are O(1): none of them depends on how many keys
/// there are or items of a key, but for the work per item that leaves and the growth of the index
/// of all items, both O(1) on average. Invariant: `items()` is the sum of the arrays' sizes. After
/// an exception, which only running out of memory or a hash of the caller can make, it may only be
/// destroyed. Not thread-safe.
template <class Key, class Item, class Hash = boost::hash<Item>>
class bounded_array_map {
public:
  /// The items of one key, oldest first, none of them twice.
  using array = std::list<Item>;

  /// Is told of each item that a cap pushes out, in the thread that called `add` and before `add`
  /// returns, oldest first. The map is consistent by then: the item is gone and the new one is in.
  /// It may look at the map but not change it, and must not throw: the rest would not be told.
  using on_left = std::function<void(const Key& key, const Item& item, eviction_reason why)>;

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
    if (places_.contains(sought<Key>{key, item}))
      return {};
    array newest = only(std::move(item));
    places_.insert({key, newest.begin()});
    items->splice(items->end(), newest);
    if (items->size() <= max_items_)
      return {.is_new = true, .warn = {}};
    array oldest;
    oldest.splice(oldest.begin(), *items, items->begin());
    forget_places(key, oldest);
    ++dropped_items_;
    add_result result{.is_new = true, .warn = warnings_.allow(key, now)};
    report_removed(key, oldest, eviction_reason::array_full);
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
    auto* items = arrays_.find_quietly(key);
    if (items == nullptr)
      return {};
    array taken = std::move(*items);
    forget_places(key, taken);
    arrays_.erase(key);
    return taken;
  }

  /// Removes `item` from the array of `key`; a key without items is forgotten. Does not count as a
  /// use of the key, and is not told to the callback. @returns whether it was there.
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
  [[nodiscard]] std::size_t items() const noexcept { return places_.size(); }

  /// Keys pushed out by `max_keys` since the start.
  [[nodiscard]] std::uint64_t evicted_keys() const noexcept { return arrays_.evictions(); }
  /// Items that left with those keys.
  [[nodiscard]] std::uint64_t evicted_items() const noexcept { return evicted_items_; }
  /// Items pushed out by `max_items_per_key` since the start.
  [[nodiscard]] std::uint64_t dropped_items() const noexcept { return dropped_items_; }

private:
  // An item of an array. The index of all items holds where they are, but is searched by what they
  // are: one index per key would take several times the memory of most arrays, which have one item.
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

  [[nodiscard]] static array only(Item item) {
    array out;
    out.push_back(std::move(item));
    return out;
  }

  void add_first(const Key& key, Item item) {
    array first = only(std::move(item));
    const auto where = first.begin();
    const auto evicted = arrays_.put(key, std::move(first));
    places_.insert({key, where});
    if (!evicted)
      return;
    forget_places(evicted->key, evicted->value);
    evicted_items_ += evicted->value.size();
    report_removed(evicted->key, evicted->value, eviction_reason::key_evicted);
  }

  template <class K>
  void forget_places(const K& key, const array& items) {
    for (const auto& each : items)
      places_.erase(places_.find(sought<K>{key, each}));
  }

  void report_removed(const Key& key, const array& items, eviction_reason why) {
    if (!left_)
      return;
    for (const auto& each : items)
      left_(key, each, why);
  }

  std::size_t max_items_;
  lru_cache<Key, array> arrays_;
  std::unordered_set<place, place_hash, place_equal> places_;
  rate_limited<Key> warnings_;
  on_left left_;
  std::uint64_t evicted_items_{0};
  std::uint64_t dropped_items_{0};
};

} // namespace prism
