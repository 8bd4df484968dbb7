#pragma once

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace prism {

/// Pairs of an id and a name, found by either. A pair never changes. Holds at most
/// `capacity` pairs and evicts the least recently used one first. Every operation is O(1). Not
/// thread-safe.
/// @tparam Hash, Equal of names; they may take views of names, too
template <class Name, class Hash, class Equal>
class two_way_cache {
public:
  /// @param capacity 0: it stays empty
  explicit two_way_cache(std::size_t capacity) : capacity_(capacity) {}

  template <class N>
  [[nodiscard]] std::optional<std::int64_t> find_id(const N& name) {
    const auto found = by_name().find(name);
    if (!count(found != by_name().end()))
      return std::nullopt;
    make_newest(pairs_.template project<0>(found));
    return found->id;
  }

  /// The pointer is valid until the pair leaves the cache.
  [[nodiscard]] const Name* find_name(std::int64_t id) {
    const auto found = by_id().find(id);
    if (!count(found != by_id().end()))
      return nullptr;
    make_newest(pairs_.template project<0>(found));
    return &found->name;
  }

  /// A pair of which either half is known changes nothing but the order.
  void put(std::int64_t id, Name name) {
    if (capacity_ == 0)
      return;
    const auto [at, added] = pairs_.push_front(entry{id, std::move(name)});
    if (!added) {
      make_newest(at);
    } else if (pairs_.size() > capacity_) {
      pairs_.pop_back();
      ++evictions_;
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
  /// Of lookups.
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_; }
  [[nodiscard]] std::uint64_t misses() const noexcept { return misses_; }
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

private:
  struct entry {
    std::int64_t id;
    Name name;
  };

  // Index 0 is the order, most recently used first.
  using container = boost::multi_index_container<
      entry, boost::multi_index::indexed_by<
                 boost::multi_index::sequenced<>,
                 boost::multi_index::hashed_unique<
                     boost::multi_index::member<entry, std::int64_t, &entry::id>>,
                 boost::multi_index::hashed_unique<
                     boost::multi_index::member<entry, Name, &entry::name>, Hash, Equal>>>;

  [[nodiscard]] bool count(bool found) noexcept {
    ++(found ? hits_ : misses_);
    return found;
  }
  [[nodiscard]] auto& by_id() noexcept { return pairs_.template get<1>(); }
  [[nodiscard]] auto& by_name() noexcept { return pairs_.template get<2>(); }
  void make_newest(typename container::iterator at) noexcept {
    pairs_.relocate(pairs_.begin(), at);
  }

  std::size_t capacity_;
  container pairs_;
  std::uint64_t hits_{0};
  std::uint64_t misses_{0};
  std::uint64_t evictions_{0};
};

} // namespace prism
