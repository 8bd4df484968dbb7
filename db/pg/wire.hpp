#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace prism::db::wire {

/// Integers travel in network byte order in PostgreSQL's binary format.
template <std::integral Int>
[[nodiscard]] constexpr Int to_network(Int value) noexcept {
  if constexpr (std::endian::native == std::endian::big)
    return value;
  auto bytes = std::bit_cast<std::array<std::byte, sizeof(Int)>>(value);
  for (std::size_t i = 0; i < bytes.size() / 2; ++i)
    std::swap(bytes[i], bytes[bytes.size() - 1 - i]);
  return std::bit_cast<Int>(bytes);
}

/// Writes `value` to `out`, which has room for it, and returns the place behind it.
template <std::integral Int>
char* store(char* out, Int value) noexcept {
  const Int swapped = to_network(value);
  std::memcpy(out, &swapped, sizeof swapped);
  return out + sizeof swapped;
}

/// Reads an integer from `in`, which holds at least its size.
template <std::integral Int>
[[nodiscard]] Int load(const char* in) noexcept {
  Int value;
  std::memcpy(&value, in, sizeof value);
  return to_network(value);
}

/// Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01T00:00:00Z.
inline constexpr std::int64_t epoch_shift_us = 946'684'800'000'000;

/// PostgreSQL's own bounds of timestamptz, in microseconds from its epoch: from 4714-11-24 BC up to
/// but without 294277-01-01 (src/include/datatype/timestamp.h).
inline constexpr std::int64_t min_timestamp_us = -211'813'488'000'000'000;
inline constexpr std::int64_t end_timestamp_us = 9'223'371'331'200'000'000;

} // namespace prism::db::wire
