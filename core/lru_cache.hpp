#pragma once

#include "core/hash.hpp"

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

namespace prism {

/// A map that holds at most `capacity` entries and evicts the least recently used one first.
/// Every operation is O(1). String keys may be looked up by `std::string_view`.
/// Not thread-safe.
template <class Key, class Value, class Hash = default_hash<Key>>
class lru_cache {
public:
  struct entry {
    Key key;
    mutable Value value; // not part of an index, so it may change where the entry may not
  };

  /// @param capacity maximum number of entries; 0 is treated as 1.
  explicit lru_cache(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  // Not copyable: a copy is never needed, and would be expensive if made by mistake.
  lru_cache(const lru_cache&) = delete;
  lru_cache& operator=(const lru_cache&) = delete;
  lru_cache(lru_cache&&) noexcept = default;
  lru_cache& operator=(lru_cache&&) noexcept = default;
  ~lru_cache() = default;

  /// The value of `key`, or nullptr. Makes `key` the most recently used, and counts a hit or a
  /// miss. The pointer is valid until the entry leaves the cache.
  template <class K>
  [[nodiscard]] Value* find(const K& key) {
    const auto found = by_key().find(key);
    if (found == by_key().end()) {
      ++misses_;
      return nullptr;
    }
    ++hits_;
    make_newest(found);
    return &found->value;
  }

  /// Like `find`, but changes neither the order nor the counters.
  template <class K>
  [[nodiscard]] const Value* peek(const K& key) const {
    const auto found = by_key().find(key);
    return found == by_key().end() ? nullptr : &found->value;
  }

  /// Like `peek`, but the value may be changed.
  template <class K>
  [[nodiscard]] Value* find_quietly(const K& key) {
    const auto found = by_key().find(key);
    return found == by_key().end() ? nullptr : &found->value;
  }

  /// Sets the value of `key` and makes it the most recently used.
  /// @returns the entry evicted to make room, if any; it is counted as an eviction.
  std::optional<entry> put(Key key, Value value) {
    if (const auto found = by_key().find(key); found != by_key().end()) {
      found->value = std::move(value);
      make_newest(found);
      return std::nullopt;
    }
    std::optional<entry> evicted;
    if (entries_.size() == capacity_) {
      auto oldest = entries_.extract(std::prev(entries_.end()));
      evicted = std::move(oldest.value());
      ++evictions_;
    }
    entries_.push_front(entry{std::move(key), std::move(value)});
    return evicted;
  }

  /// Removes `key`; not an eviction. @returns whether it was present.
  template <class K>
  bool erase(const K& key) {
    const auto found = by_key().find(key);
    if (found == by_key().end())
      return false;
    by_key().erase(found);
    return true;
  }

  /// The entry that would be evicted next, or nullptr.
  [[nodiscard]] const entry* oldest() const noexcept {
    return entries_.empty() ? nullptr : &entries_.back();
  }

  /// Calls `visit(key, value)` for each entry, most recently used first.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (const auto& item : entries_)
      visit(item.key, std::as_const(item.value));
  }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_; }
  [[nodiscard]] std::uint64_t misses() const noexcept { return misses_; }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

private:
  // Index 0 is the order, most recently used first; index 1 finds an entry by its key.
  using container = boost::multi_index_container<
      entry, boost::multi_index::indexed_by<
                 boost::multi_index::sequenced<>,
                 boost::multi_index::hashed_unique<
                     boost::multi_index::member<entry, Key, &entry::key>, Hash, std::equal_to<>>>>;

  [[nodiscard]] auto& by_key() noexcept { return entries_.template get<1>(); }
  [[nodiscard]] const auto& by_key() const noexcept { return entries_.template get<1>(); }

  template <class Position>
  void make_newest(const Position& found) noexcept {
    entries_.relocate(entries_.begin(), entries_.template project<0>(found));
  }

  std::size_t capacity_;
  container entries_;
  std::uint64_t hits_{0};
  std::uint64_t misses_{0};
  std::uint64_t evictions_{0};
};

} // namespace prism
