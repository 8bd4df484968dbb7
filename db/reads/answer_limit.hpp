#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

/// How much one call reads: what strangers have written may be a megabyte a record, and a call may
/// ask for thousands.
namespace prism::reads {

/// Most bytes of the large records of one call, as they are stored; the small ones, which are all
/// read, have at most as many again. A record is small if this many bytes are enough for as many of
/// its size as are asked for. So large records of one account do not keep small records of others
/// from being read. Of columns that are stored without compression, their size in the table counts;
/// as JSON they may be longer.
inline constexpr std::int64_t max_record_bytes = std::int64_t{8} << 20U;

/// For audits and exports.
inline constexpr std::int64_t no_record_limit = std::numeric_limits<std::int64_t>::max();

/// Reads the small rows in one statement, and then those of the large ones for which there is room,
/// if there are any. Its statements know the size of a row without reading its records.
/// @param asked how many rows are asked for
/// @param max_bytes of the large rows together
/// @param read (places, bytes) -> outcome<std::vector<Row>>: the rows of these of the arguments,
/// with the records of those that have at most so many bytes. A Row has `at`, the place of its
/// argument; `size`, of its records in bytes; and `left_out`, whether its records are missing.
template <class Read>
[[nodiscard]] auto read_within(std::size_t asked, std::int64_t max_bytes, Read read) {
  std::vector<std::size_t> places(asked);
  std::iota(places.begin(), places.end(), std::size_t{0});
  const auto share = max_bytes / static_cast<std::int64_t>(std::max<std::size_t>(asked, 1));
  auto rows = read(std::span<const std::size_t>{places}, share);
  if (!rows)
    return rows;
  places.clear();
  std::int64_t bytes = 0;
  std::int64_t largest = 0;
  for (const auto& each : *rows)
    if (each.left_out && each.size <= max_bytes - bytes) {
      bytes += each.size;
      largest = std::max(largest, each.size);
      places.push_back(each.at);
    }
  if (places.empty())
    return rows;
  auto large = read(std::span<const std::size_t>{places}, largest); // they may have grown
  if (!large)
    return large;
  std::vector<std::size_t> index(asked, rows->size());
  for (std::size_t i = 0; i < rows->size(); ++i)
    index[(*rows)[i].at] = i;
  for (auto& each : *large)
    if (const auto at = index[each.at]; at < rows->size())
      (*rows)[at] = std::move(each);
  return rows;
}

} // namespace prism::reads
