#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

/// How much one call reads: what strangers have written may be a megabyte a record, and a call may
/// ask for thousands.
namespace prism::reads {

/// Most bytes of the large records in the result of one statement, as they are stored; the small
/// ones, which are all there, have at most as many again. A record is small if this many bytes are
/// enough for as many of its size as are asked for. So nobody's large records keep the small ones
/// of others from being read. Of columns that are stored without compression, their size in the
/// table counts; as JSON they may be longer.
inline constexpr std::int64_t max_record_bytes = std::int64_t{8} << 20U;

/// Fragment {fits}: whether a row's record is in the result. {size} is its bytes, known without
/// reading them, {asked} the array of what is asked for, {limit} `max_record_bytes`.
inline constexpr std::string_view record_fits =
    "({size} <= {limit} / cardinality({asked}) OR sum(CASE WHEN {size} > {limit} / "
    "cardinality({asked}) THEN {size} END) OVER (ROWS UNBOUNDED PRECEDING) <= {limit})";

/// For audits and exports.
inline constexpr std::int64_t no_record_limit = std::numeric_limits<std::int64_t>::max();

} // namespace prism::reads
