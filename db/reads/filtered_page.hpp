#pragma once

#include "db/pg/result.hpp"
#include "db/pg/statement.hpp"
#include "db/reads/page.hpp"

#include <functional>
#include <string_view>

/// Lists by time of which a filter shows some rows: a page reads a bounded number of rows. If it is
/// short then, its cursor is behind the last row that was read.
namespace prism::reads {

/// Rows that a filter reads for one page at first, unless the page itself is longer; nearly always
/// they fill it.
inline constexpr std::size_t first_filtered_rows = 1000;

/// Most rows that a filter reads for one page.
inline constexpr std::size_t max_filtered_rows = 10'000;

/// A page of a filtered list.
/// @param read reads the page from so many rows: $6 of {newest_shown}
template <class Read>
[[nodiscard]] auto read_filtered_page(std::size_t limit, Read read) {
  auto page = read(std::max(first_filtered_rows, limit + 1));
  if (page && !page->cursor.empty() && page->rows.size() < limit)
    page = read(std::max(max_filtered_rows, limit + 1));
  return page;
}

/// Fragment {newest_shown}: as {newest_first} of sorted_page.hpp, for a filter. {shown} is the
/// filter, joins and a WHERE, of the rows `f` of {rows}; {time} is a column. The second read takes
/// $6 rows before the filter. Needs a row `o` with the list's owner, which {rows} names.
inline constexpr std::string_view newest_shown = R"sql(
    (
      SELECT {columns}
      FROM (
        SELECT * FROM {rows} AND {time} = $2 LIMIT $4
      ) f {shown}
    )
    UNION ALL
    (
      SELECT *
      FROM (
        SELECT {columns}
        FROM (
          SELECT *
          FROM {rows} AND {time} < $2
          ORDER BY {time} DESC
          LIMIT (SELECT $6::int8)
        ) f {shown}
        ORDER BY f.{time} DESC
        FETCH FIRST (SELECT $3::int8) ROWS WITH TIES
      ) t
      LIMIT $4
    )
)sql";

/// SQL: the {time} of the last row that {newest_shown} reads, if there are so many.
inline constexpr std::string_view last_read_sql = R"sql(
  SELECT i.{time}
  FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL (
    SELECT {time}
    FROM {rows} AND {time} < $2
    ORDER BY {time} DESC
    OFFSET (SELECT $3::int8) - 1
    LIMIT 1
  ) i
)sql";

struct filtered_rows {
  db::result rows;
  /// Time of the last row that was read, if more rows may follow.
  std::optional<micros> last_read;
};

/// Runs both statements for one page, in one round trip.
/// @param p of `select_rows`
/// @param did of the list's owner
/// @param until time of the cursor
/// @param rows $6 of `select_rows`, most rows that are read
[[nodiscard]] outcome<filtered_rows> read_filtered(executor& on, const db::statement& select_rows,
                                                   const db::params& p,
                                                   const db::statement& select_last_read,
                                                   std::string_view did, micros until,
                                                   std::size_t rows);

/// If a page without a cursor is not the last one, leaves the rows of the last time that was read
/// to the next page, since not all of them were read.
/// @param time of a row, a member
/// @returns whether it did; then the page needs a cursor before all rows of `last_read`
template <class Page, class Time>
[[nodiscard]] bool leave_last_read(Page& page, std::optional<micros> last_read, Time time) {
  if (!page.cursor.empty() || !last_read)
    return false;
  std::erase_if(page.rows, [&](const auto& row) { return std::invoke(time, row) <= *last_read; });
  return true;
}

} // namespace prism::reads
