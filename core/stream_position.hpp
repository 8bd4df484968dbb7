#pragma once

#include <compare>
#include <cstdint>

namespace prism {

/// The position of a frame in its lane. A frame that comes in order has its own number. One that
/// comes out of order (core/stream_sequence.hpp) follows the frame before it, so the cursor, which
/// is a number of the stream, never moves to a number that was not reached in order.
struct stream_position {
  /// Implicit, since the position of nearly every frame is its number.
  constexpr stream_position(std::int64_t number = 0, std::uint64_t behind_it = 0) noexcept
      : seq(number), apart(behind_it) {}

  /// Everything up to here precedes the frame, and the cursor may stand here once it is committed.
  std::int64_t seq;
  /// 0: the frame with this number itself; else N for the Nth frame out of order behind it.
  std::uint64_t apart;

  // clang-tidy 14 takes the 0 inside for a pointer. NOLINTBEGIN(modernize-use-nullptr)
  friend constexpr auto operator<=>(const stream_position&,
                                    const stream_position&) noexcept = default;
  // NOLINTEND(modernize-use-nullptr)
};

/// The next place behind `place` for a frame out of order.
[[nodiscard]] constexpr stream_position behind(stream_position place) noexcept {
  return {place.seq, place.apart + 1};
}

} // namespace prism
