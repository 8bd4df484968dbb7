#pragma once

#include "db/pg/executor.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <string_view>

/// How much one call reads: what strangers have written may be a megabyte a record, and a call may
/// ask for thousands.
namespace prism::reads {

/// Most bytes of records in the result of one statement, as they are stored. Of columns that are
/// stored without compression, their size in the table counts; as JSON they may be longer. The
/// statements leave out the bytes of the row that exceeds this, and of all rows after it.
inline constexpr std::int64_t max_record_bytes = std::int64_t{8} << 20U;

/// For audits and exports.
inline constexpr std::int64_t no_record_limit = std::numeric_limits<std::int64_t>::max();

/// SQLSTATE program_limit_exceeded: more was asked for than one answer may have.
inline constexpr std::string_view too_large = "54000";

/// @param statement by its name
[[nodiscard]] inline tl::unexpected<db::db_error> fail_too_large(std::string_view statement) {
  return db::db_fail(
      too_large,
      fmt::format("the records asked for have more than {} bytes; ask for fewer", max_record_bytes),
      statement);
}

} // namespace prism::reads
