#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/executor.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

/// The queries of readers: feeds, threads, notifications and the lists around them.
///
/// All of them work on an `executor`, read one snapshot per statement, change nothing, and leave
/// out what users made whose account is not active (`users.status` is not null). Every list comes
/// in pages. A page begins behind a *position*, which is the sort key of the row before it, so a
/// page costs the same wherever it lies, and rows that come or go in between neither repeat nor
/// hide others. Errors are those of the database.
///
/// Every plan reads its rows in the order of an index, without a Sort; tests/integration/reads
/// has them explained on two million rows.
namespace prism::reads {

using db::executor;
using db::micros;
using db::outcome;

/// Most rows of one page.
inline constexpr std::size_t max_page = 100;

/// Of rows that share one instant (the same microsecond in the same list) at most this many are
/// read beyond a page's limit; more than that, which only a forger writes, are not all shown.
inline constexpr std::size_t max_same_instant = 1000;

/// After every instant that is in use: 9999-12-31T23:59:59.999999Z.
inline constexpr micros end_of_time = 253'402'300'799'999'999;
inline constexpr std::int64_t highest_id = INT64_MAX;

/// Some rows of a list, and where to go on.
template <class Row, class Position>
struct page {
  std::vector<Row> rows;
  /// Where the next page begins; empty: this was the last one. That page may turn out empty.
  std::optional<Position> next;
};

/// A page has 1 to `max_page` rows, whatever is asked for.
[[nodiscard]] constexpr std::size_t page_limit(std::size_t asked) noexcept {
  return std::clamp<std::size_t>(asked, 1, max_page);
}

/// A limit as a parameter of a statement, where it is written (SELECT $n::int8): PostgreSQL then
/// plans for the beginning of a long list. Knowing the number, it would rather collect and sort a
/// list that it takes for short.
[[nodiscard]] constexpr std::int64_t limit_param(std::size_t rows) noexcept {
  return static_cast<std::int64_t>(rows);
}

/// Puts rows that came by instant into their exact order and keeps the first `limit` as a page.
/// `position_of` gives the sort key of a row, greater is first. Fewer rows than `limit` mean that
/// there are no more.
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
