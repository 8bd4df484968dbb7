#pragma once

#include "db/reads/page.hpp"
#include "db/reads/sorted_page.hpp"

/// The newest items of many originators, in one statement that sorts nothing but one page.
///
/// 1. *heads*: the times of each originator's newest items, at the cursor's millisecond or before
///    it: some for each item wanted, at least one each. One descent of an index each.
/// 2. *items*: the n newest heads before the cursor's millisecond are n items already, so every
///    item of the page is at least as new as the n-th of them. Only originators with such a head
///    can have one, and only in the *span* that begins at the n-th head, which is read in the order
///    of the index.
/// 3. What the page shows of an item is looked up only for the n newest of these.
///
/// The cost is one descent for each originator, independent of the number of its items, and the
/// page.
namespace prism::reads {

/// Most originators of one page.
inline constexpr std::size_t max_originators = 10'000;

/// Most originators whose items are read for one page, and most items that are read of all of them
/// and of one millisecond of one of them. Only items with forged times exceed these numbers; then
/// not all are shown.
inline constexpr std::size_t max_span_originators = 1000;
inline constexpr std::size_t max_span_items = 20'000;
inline constexpr std::size_t max_same_originator = 200;

/// The pieces of such a statement. Its parameters $4 to $8 are those of `add_span`.
struct newest_of_many {
  std::string_view originators; ///< a query for their `id`
  /// Of an originator `o.id`: a table and its WHERE with a condition.
  std::string_view rows;
  std::string_view time;    ///< of a row; the end of an index that finds `rows`
  std::string_view columns; ///< of a row
  /// The query that follows the WITH list. In it {newest_items} are the wanted ones with all of the
  /// last millisecond, as rows of originator_id, `columns` and sort_at.
  std::string_view select;
};

/// @returns as db::compose_sql
[[nodiscard]] const char* newest_of_many_sql(const newest_of_many& of);

/// Fragment {items_between} of `select`, rows of `columns` and sort_at of an originator `o.id`:
/// those at $4, and the {wanted} newest ones before it with all of the last millisecond, none of
/// them before {begin}.
inline constexpr std::string_view items_between = R"sql(
    (
      (
        SELECT {columns}, {time} AS sort_at
        FROM {rows} AND {time} = $4
        LIMIT $6
      )
      UNION ALL
      (
        SELECT *
        FROM (
          SELECT {columns}, {time} AS sort_at
          FROM {rows} AND {time} < $4 AND {time} >= {begin}
          ORDER BY {time} DESC
          FETCH FIRST (SELECT {wanted}) ROWS WITH TIES
        ) t
        LIMIT (SELECT {wanted}) + $6
      )
    )
)sql";

/// In `select` whether all that are wanted were found.
inline constexpr std::string_view is_full = "(SELECT begin FROM span) > '-infinity'";

/// Adds $4 to $8: the cursor's time, how many items are wanted ($5), and the bounds.
void add_span(db::params& to, const std::optional<list_cursor>& after, std::size_t wanted);

} // namespace prism::reads
