#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace prism::db {

/// The order of an operation among all that were ever indexed: (base + seq) * 256 + its number in
/// its commit. The base belongs to the stream (table `streams`). Every rule about before and after
/// compares places, never the times that events state, since their authors choose these. 0: before
/// all streams.
using stream_place = std::int64_t;

/// Behind every place.
inline constexpr stream_place end_of_places = INT64_MAX;

/// @param number of the operation in its commit; those above 255 count as 255 (the protocol allows
/// 200).
[[nodiscard]] constexpr stream_place place_of(std::int64_t base, std::int64_t seq,
                                              std::size_t number = 0) noexcept {
  constexpr std::int64_t numbers = 256;
  return (base + seq) * numbers + static_cast<std::int64_t>(std::min<std::size_t>(number, 255));
}

/// The place of the `nth` frame (from 1) that came out of order after `seq`: after every operation
/// of that one, before the next seq. From the 56th on they share a place.
[[nodiscard]] constexpr stream_place place_behind(std::int64_t base, std::int64_t seq,
                                                  std::uint64_t nth) noexcept {
  constexpr std::size_t first = 200; // operations of a commit, by the protocol
  return place_of(base, seq, first + std::min<std::uint64_t>(nth - 1, 55));
}

/// The base that gives `seq` the same place again.
[[nodiscard]] constexpr std::int64_t base_of(stream_place place, std::int64_t seq) noexcept {
  return (place >> 8) - seq;
}

} // namespace prism::db
