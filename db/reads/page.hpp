#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

/// Read queries: feeds, threads, notifications, profiles and lists of users.
///
/// Each function runs on an `executor`, reads one snapshot per statement, changes nothing, and
/// leaves out records of users whose account is not active (`users.status` is not null). Every list
/// is returned in pages. A page begins after a *position*, which is the sort key of the row before
/// it, so every page costs the same, and rows that are inserted or deleted between two pages
/// neither repeat nor hide others. Errors are those of the database. Blocks; the executor's thread.
///
/// Every plan reads its rows in the order of an index, without a Sort: tests/integration/reads
/// checks that with EXPLAIN on two million rows.
namespace prism::reads {

using db::executor;
using db::micros;
using db::outcome;

/// Most rows of one page.
inline constexpr std::size_t max_page = 100;

/// Most rows with one sort time (the same microsecond in the same list) that are read beyond a
/// page's limit. If there are more, which happens only with forged times, not all are shown.
inline constexpr std::size_t max_same_instant = 1000;

/// Later than every stored time: 9999-12-31T23:59:59.999999Z.
inline constexpr micros end_of_time = 253'402'300'799'999'999;
inline constexpr std::int64_t highest_id = INT64_MAX;

/// Rows of a list, and the position of the next page.
template <class Row, class Position>
struct page {
  std::vector<Row> rows;
  /// Where the next page begins; empty: this is the last one. The next page may have no rows.
  std::optional<Position> next;
};

/// Brings a requested limit into the range 1 to `max_page`.
[[nodiscard]] constexpr std::size_t page_limit(std::size_t requested) noexcept {
  return std::clamp<std::size_t>(requested, 1, max_page);
}

/// A limit as a parameter. Statements use it as (SELECT $n::int8): PostgreSQL then plans to read
/// the beginning of a long list. If it knew the number, it might collect and sort a list that it
/// estimates to be short.
[[nodiscard]] constexpr std::int64_t limit_param(std::size_t rows) noexcept {
  return static_cast<std::int64_t>(rows);
}

/// Sorts rows that are ordered by time only into their exact order, and keeps the first `limit` as
/// a page. With fewer rows than `limit` it is the last page.
/// @param position_of gives the sort key of a row; the greatest comes first.
template <class Row, class PositionOf>
[[nodiscard]] auto cut_page(std::vector<Row> rows, std::size_t limit, PositionOf position_of) {
  using position = decltype(position_of(rows.front()));
  std::sort(rows.begin(), rows.end(), [&](const Row& left, const Row& right) {
    return position_of(right) < position_of(left);
  });
  page<Row, position> out{std::move(rows), std::nullopt};
  if (out.rows.size() < limit)
    return out;
  out.rows.erase(out.rows.begin() + static_cast<std::ptrdiff_t>(limit), out.rows.end());
  out.next = position_of(out.rows.back());
  return out;
}

} // namespace prism::reads
