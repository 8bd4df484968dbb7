#pragma once

#include "core/error.hpp"
#include "db/batch/batch.hpp"
#include "db/pg/params.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// Lists by time, newest first, as the official AppView has them: by the earlier of createdAt and
/// the commit's time, in milliseconds, and then by CID as text, both descending. A page continues
/// after a cursor, `MILLISECONDS__CID`, and has one itself only if another row exists. Records of
/// the same text have the same CID, so two accounts that like a post in one millisecond make two
/// rows that differ in their uris only: if a page ends between such rows, its cursor is
/// `MILLISECONDS__CID~URI`. The AppView takes a cursor with "::" for one of an old format, and
/// answers with an empty page. Record keys may contain "::"; in the cursor "!", which is in no uri,
/// is between the colons.
namespace prism::reads {

/// The last row of the page before.
struct list_cursor {
  std::int64_t ms{0}; ///< since 1970
  std::string cid;
  std::string uri{}; ///< of the last row, if the next one has the same CID

  friend bool operator==(const list_cursor&, const list_cursor&) = default;
};

/// Time of the cursor, in µs since 1970; the end of time on the first page.
[[nodiscard]] std::int64_t time_of(const std::optional<list_cursor>& after) noexcept;

/// @returns empty for an empty text, which is the first page; `errc::invalid` for any other text
/// that is no cursor.
[[nodiscard]] expected<std::optional<list_cursor>> parse_list_cursor(std::string_view text);
[[nodiscard]] std::string format_list_cursor(const list_cursor& cursor);

/// Most rows of one page.
inline constexpr std::size_t max_list_page = 1000;

/// Most rows of one millisecond that a page reads beyond its limit. If a list has more, which
/// happens only with forged times, not all of them are shown.
inline constexpr std::size_t max_same_millisecond = 1000;

/// A requested limit in the range 0 to `max_list_page`; with 0 a page is empty and the last.
[[nodiscard]] constexpr std::size_t list_limit(std::int64_t requested) noexcept {
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(requested, 0, static_cast<std::int64_t>(max_list_page)));
}

/// Which rows of a list are asked for.
struct page_request {
  std::optional<list_cursor> after; ///< the last row of the page before; empty: the first page
  std::size_t limit{0};             ///< most rows, at most `max_list_page`
};

/// A list that leaves rows out (whose users are unknown) reads so many more if the first ones do
/// not fill a page and tell whether another row exists. If these do not either, the page is short,
/// and its cursor is behind the last row that was read.
inline constexpr std::size_t max_left_out = 1000;

/// Fragment {newest_first}: the rows {rows} (a table and its WHERE with a condition) with {columns}
/// and `sort_at`, which is {time}, in two reads of an index that ends with {time}: those of the
/// cursor's millisecond, and the page's number of older ones, with all of its last millisecond. It
/// uses the parameters $2, $3 and $4, which `add_list_params` adds. The rows have no order;
/// `cut_sorted` gives them theirs.
inline constexpr std::string_view newest_first = R"sql(
    (
      SELECT {columns}, {time} AS sort_at
      FROM {rows} AND {time} = $2
      LIMIT $4
    )
    UNION ALL
    (
      SELECT *
      FROM (
        SELECT {columns}, {time} AS sort_at
        FROM {rows} AND {time} < $2
        ORDER BY {time} DESC
        FETCH FIRST (SELECT $3::int8) ROWS WITH TIES
      ) t
      LIMIT $4
    )
)sql";

/// Fragment {time} of tables that have these two columns.
inline constexpr std::string_view sort_time = "least(created_at, commit_time)";

/// Adds $2 to $4 of {newest_first}: the cursor's time, one row more than the limit, and the most
/// rows of each part.
/// @param more rows beyond that which are read
void add_list_params(db::params& to, const std::optional<list_cursor>& after, std::size_t limit,
                     std::size_t more = 0);

template <class Row>
struct sorted_page {
  std::vector<Row> rows;
  std::string cursor; ///< empty: the last page
  /// Maybe no row follows: too many of the rows read were left out to know.
  bool unsure{false};
};

/// Whether a row belongs into its list; rows without a member `shown` all do.
template <class Row>
[[nodiscard]] bool is_shown(const Row& row) {
  if constexpr (requires { row.shown; })
    return row.shown;
  else
    return true;
}

/// Distinguishes rows of one time and CID; empty for rows without a member `uri`.
template <class Row>
[[nodiscard]] std::string_view uri_of(const Row& row) {
  if constexpr (requires { row.uri; })
    return row.uri;
  else
    return {};
}

/// The cursor of a page that ends with `last`, while `next` follows.
template <class Row>
[[nodiscard]] list_cursor cursor_between(const Row& last, const Row& next) {
  list_cursor out{last.sort_at / 1000, last.cid};
  if (out == list_cursor{next.sort_at / 1000, next.cid})
    out.uri = uri_of(last);
  return out;
}

/// The order by uri of rows that have the same time and CID.
enum class tie_order : std::uint8_t { descending, ascending };

/// Puts the rows of {newest_first} into their order and keeps the page.
/// @param rows with members `sort_at` (µs since 1970, a multiple of 1,000) and `cid` (text), and
/// maybe `uri`. Those that are not `shown` are left out.
/// @param more as given to `add_list_params`
template <class Row>
[[nodiscard]] sorted_page<Row>
cut_sorted(std::vector<Row> rows, const std::optional<list_cursor>& after, std::size_t limit,
           std::size_t more = 0, tie_order ties = tie_order::descending) {
  using sort_key = std::pair<std::int64_t, std::string_view>;
  const auto key = [](const Row& row) { return sort_key(row.sort_at / 1000, row.cid); };
  const auto is_behind = [&](const Row& row, const sort_key& place, std::string_view uri) {
    if (key(row) != place)
      return key(row) < place;
    return ties == tie_order::descending ? uri_of(row) < uri : uri_of(row) > uri;
  };
  const auto follows_cursor = [&](const Row& row) {
    const sort_key place(after->ms, after->cid);
    // A cursor without a uri is behind all rows of its CID.
    return after->uri.empty() ? key(row) < place : is_behind(row, place, after->uri);
  };
  const auto older = std::ranges::count_if(
      rows, [&](const Row& row) { return !after || row.sort_at / 1000 < after->ms; });
  // Whether the list may go on behind these rows.
  const bool cut = static_cast<std::size_t>(older) > limit + more;
  if (after)
    std::erase_if(rows, [&](const Row& row) { return !follows_cursor(row); });
  std::ranges::sort(rows, [&](const Row& left, const Row& right) {
    return is_behind(right, key(left), uri_of(left));
  });
  sorted_page<Row> out;
  if (limit == 0 || rows.empty())
    return out;
  const list_cursor last_read{rows.back().sort_at / 1000, rows.back().cid};
  std::erase_if(rows, [](const Row& row) { return !is_shown(row); });
  if (rows.size() > limit) {
    out.cursor = format_list_cursor(cursor_between(rows[limit - 1], rows[limit]));
    rows.resize(limit);
  } else if (cut) {
    out.unsure = true;
    out.cursor = format_list_cursor(last_read);
  }
  out.rows = std::move(rows);
  return out;
}

} // namespace prism::reads
