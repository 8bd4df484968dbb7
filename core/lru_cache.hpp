#pragma once

#include "core/hash.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <list>
#include <optional>
#include <unordered_set>
#include <utility>

namespace prism {

/// A map that holds at most `capacity` entries and forgets the least recently used one first.
/// Every operation is O(1). String keys may be looked up by `std::string_view`.
/// Not thread-safe: lives in the actor whose memory it is.
template <class Key, class Value, class Hash = default_hash<Key>>
class lru_cache {
public:
  struct entry {
    Key key;
    Value value;
  };

  /// @param capacity most entries kept; 0 is taken as 1, since nothing could be found in none.
  explicit lru_cache(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  // The index holds iterators into the list, which a copy would share; a move keeps them valid.
  lru_cache(const lru_cache&) = delete;
  lru_cache& operator=(const lru_cache&) = delete;
  lru_cache(lru_cache&&) noexcept = default;
  lru_cache& operator=(lru_cache&&) noexcept = default;
  ~lru_cache() = default;

  /// The value of `key`, now the most recently used, or nullptr. Counts a hit or a miss.
  /// The pointer is valid until the entry leaves.
  template <class K>
  [[nodiscard]] Value* find(const K& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) {
      ++misses_;
      return nullptr;
    }
    ++hits_;
    entries_.splice(entries_.begin(), entries_, *found);
    return &entries_.front().value;
  }

  /// Like `find` for inspection: changes neither the order nor the counters.
  template <class K>
  [[nodiscard]] const Value* peek(const K& key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &(*found)->value;
  }

  /// Like `peek`, but the value may be changed.
  template <class K>
  [[nodiscard]] Value* find_quietly(const K& key) {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &(*found)->value;
  }

  /// Sets the value of `key` and makes it the most recently used.
  /// @returns the entry that had to leave for it, if any; it is counted as an eviction.
  std::optional<entry> put(Key key, Value value) {
    if (const auto found = index_.find(key); found != index_.end()) {
      (*found)->value = std::move(value);
      entries_.splice(entries_.begin(), entries_, *found);
      return std::nullopt;
    }
    std::optional<entry> evicted;
    if (entries_.size() == capacity_) {
      evicted = pop_oldest();
      ++evictions_;
    }
    entries_.push_front(entry{std::move(key), std::move(value)});
    index_.insert(entries_.begin());
    return evicted;
  }

  /// Removes `key` and hands out its value; not an eviction.
  template <class K>
  std::optional<Value> take(const K& key) {
    const auto found = index_.find(key);
    if (found == index_.end())
      return std::nullopt;
    const auto position = *found;
    std::optional<Value> value(std::move(position->value));
    index_.erase(found);
    entries_.erase(position);
    return value;
  }

  /// Removes `key`. @returns whether it was there.
  template <class K>
  bool erase(const K& key) {
    return take(key).has_value();
  }

  /// The entry that would leave next, or nullptr.
  [[nodiscard]] const entry* oldest() const noexcept {
    return entries_.empty() ? nullptr : &entries_.back();
  }

  /// Calls `visit(key, value)` for each entry, most recently used first.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (const auto& item : entries_)
      visit(item.key, item.value);
  }

  /// Forgets all entries; the counters go on.
  void clear() noexcept {
    index_.clear();
    entries_.clear();
  }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_; }
  [[nodiscard]] std::uint64_t misses() const noexcept { return misses_; }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

private:
  using position = typename std::list<entry>::iterator;

  // The index stores positions but is searched by key, so that each key is stored once.
  struct position_hash {
    using is_transparent = void;
    std::size_t operator()(const position& where) const { return Hash{}(where->key); }
    template <class K>
    std::size_t operator()(const K& key) const {
      return Hash{}(key);
    }
  };
  struct position_equal {
    using is_transparent = void;
    static const Key& key_of(const position& where) { return where->key; }
    template <class K>
    static const K& key_of(const K& key) {
      return key;
    }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return key_of(a) == key_of(b);
    }
  };

  entry pop_oldest() {
    const auto last = std::prev(entries_.end());
    index_.erase(last);
    entry oldest = std::move(*last);
    entries_.erase(last);
    return oldest;
  }

  std::size_t capacity_;
  std::list<entry> entries_; // most recently used first
  std::unordered_set<position, position_hash, position_equal> index_;
  std::uint64_t hits_{0};
  std::uint64_t misses_{0};
  std::uint64_t evictions_{0};
};

} // namespace prism
