#pragma once

#include <boost/endian/conversion.hpp>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace prism::db::wire {

// Integers in PostgreSQL's binary format are in network byte order.

/// Writes `value` to `out`, which has room for it. @returns the end of what it wrote.
template <std::integral Int>
char* store(char* out, Int value) noexcept {
  const Int swapped = boost::endian::native_to_big(value);
  std::memcpy(out, &swapped, sizeof swapped);
  return out + sizeof swapped;
}

/// Reads an integer from `in`, which holds at least its size.
template <std::integral Int>
[[nodiscard]] Int load(const char* in) noexcept {
  Int value;
  std::memcpy(&value, in, sizeof value);
  return boost::endian::big_to_native(value);
}

/// Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01T00:00:00Z.
inline constexpr std::int64_t epoch_shift_us = 946'684'800'000'000;

/// PostgreSQL's own bounds of timestamptz, in microseconds from its epoch: from 4714-11-24 BC up to
/// but without 294277-01-01 (src/include/datatype/timestamp.h).
inline constexpr std::int64_t min_timestamp_us = -211'813'488'000'000'000;
inline constexpr std::int64_t end_timestamp_us = 9'223'371'331'200'000'000;

} // namespace prism::db::wire
