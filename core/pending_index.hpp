#pragma once

#include "core/bounded_array_map.hpp"

#include <cstdint>
#include <string>

namespace prism {

/// A parked operation, by the path of its record.
struct pending_key {
  std::int64_t creator_id{0};
  std::uint8_t collection{0};
  std::string rkey;

  friend bool operator==(const pending_key&, const pending_key&) = default;
};

/// Which operations wait for which uri, as far as memory goes: a cache of table pending_ops, for
/// those who ask what waits for what. What its caps push out is forgotten here and still waits in
/// the table, which alone decides what is released. Not thread-safe.
class pending_index {
public:
  using map = bounded_array_map<std::int64_t, pending_key>;

  explicit pending_index(bounded_array_map_options options) : waiting_(options) {}

  /// An operation was parked; one that is known already is not kept twice.
  /// @returns what the map pushed out for it.
  map::add_result park(std::int64_t referent_id, pending_key op, time_point now) {
    if (const auto* items = waiting_.peek(referent_id))
      for (const auto& each : *items)
        if (each == op)
          return {};
    return waiting_.add(referent_id, std::move(op), now);
  }

  /// An operation was released or cancelled. @returns whether it was known.
  bool forget(std::int64_t referent_id, const pending_key& op) {
    return waiting_.remove_if(referent_id, [&](const pending_key& each) { return each == op; }) > 0;
  }

  [[nodiscard]] const map& waiting() const noexcept { return waiting_; }

private:
  map waiting_;
};

} // namespace prism
