#pragma once

#include "core/bounded_array_map.hpp"

#include <boost/container_hash/hash.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace prism {

/// A parked operation, by the path of its record.
struct pending_key {
  std::int64_t creator_id{0};
  std::uint8_t collection{0};
  std::string rkey;

  friend bool operator==(const pending_key&, const pending_key&) = default;

  /// Used by `boost::hash`.
  [[nodiscard]] friend std::size_t hash_value(const pending_key& key) {
    std::size_t seed = 0;
    boost::hash_combine(seed, key.creator_id);
    boost::hash_combine(seed, key.collection);
    boost::hash_combine(seed, key.rkey);
    return seed;
  }
};

/// Which operations are parked for which referent: a bounded cache of the table pending_ops, for
/// gauges and inspection. What exceeds the caps is reported and dropped here; it stays parked in
/// the table, which alone decides what is released. Everything is O(1). Not thread-safe.
class pending_index {
public:
  using map = bounded_array_map<std::int64_t, pending_key>;

  /// @param left called for each operation that the caps evict, by the rules of
  /// `bounded_array_map`.
  explicit pending_index(bounded_array_map_options options, map::on_left left = {})
      : waiting_(options, std::move(left)) {}

  /// An operation was parked; a known one is not kept twice. @returns whether it is new, and
  /// whether a full array is to be logged.
  map::add_result park(std::int64_t referent_id, pending_key op, time_point now) {
    return waiting_.add(referent_id, std::move(op), now);
  }

  /// An operation was released or cancelled. @returns whether it was known.
  bool forget(std::int64_t referent_id, const pending_key& op) {
    return waiting_.remove(referent_id, op);
  }

  [[nodiscard]] const map& waiting() const noexcept { return waiting_; }

private:
  map waiting_;
};

} // namespace prism
