#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

/// Read queries for the data plane: records, accounts, feeds, threads, notifications, lists.
///
/// Each function runs on an `executor`, or on a `session`, which also knows ids; reads one snapshot
/// per statement and changes nothing.
/// Records of accounts that are not active are included, as the official data plane has it: the
/// AppView drops them. Every list is returned in pages. A page begins after the sort key of the row
/// before it, so every page costs the same, and rows that are inserted or deleted between two pages
/// neither repeat nor hide others. Errors are those of the database. Blocks; the executor's thread.
///
/// Every plan reads its rows in the order of an index, without a Sort: tests/integration/reads
/// checks that with EXPLAIN on two million rows.
namespace prism::reads {

using db::executor;
using db::micros;
using db::outcome;

/// Earlier and later than every stored time: 4000 BC, and 9999-12-31T23:59:59.999999Z.
inline constexpr micros begin_of_time = -188'395'027'200'000'000;
inline constexpr micros end_of_time = 253'402'300'799'999'999;

/// A limit as a parameter. Statements use it as (SELECT $n::int8): PostgreSQL then plans to read
/// the beginning of a long list. If it knew the number, it might collect and sort a list that it
/// estimates to be short.
[[nodiscard]] constexpr std::int64_t limit_param(std::size_t rows) noexcept {
  return static_cast<std::int64_t>(rows);
}

} // namespace prism::reads
