#pragma once

#include "db/reads/page.hpp"
#include "db/reads/sorted_page.hpp"

/// The newest items of many originators, in two statements of which neither sorts.
///
/// 1. *heads*: the times of each originator's newest items, at the cursor's millisecond or before
///    it: one, or some if there are fewer originators than rows wanted. One descent of an index
///    each.
/// 2. *items*: the n newest heads before the cursor's millisecond are n items already, so every
/// item
///    of the page is at least as new as the n-th of them. Only originators with such a head can
///    have one, and only in the *window* that begins at the n-th head: some n rows in all, which
///    are read in the order of the index and sorted here.
///
/// The cost is one descent for each originator, independent of the number of its items, and the
/// page.
namespace prism::reads {

/// Most originators of one page.
inline constexpr std::size_t max_originators = 10'000;

/// Most originators whose items are read for one page, and most items that are read of all of them
/// and of one millisecond of one of them. Only items with forged times exceed these numbers; then
/// not all are shown.
inline constexpr std::size_t max_window_originators = 1000;
inline constexpr std::size_t max_window_items = 20'000;
inline constexpr std::size_t max_same_originator = 200;

/// One of the newest items of an originator.
struct head {
  std::int64_t originator_id{0};
  micros sort_at{0};
};

/// Reads rows of originator_id and sort_at.
[[nodiscard]] std::vector<head> read_heads(const db::result& rows);

/// Fragment {heads_each}: how many heads of each of n originators are read, where {n} counts them
/// up to {wanted}, a parameter: if all of them post, twice as many as are wanted.
inline constexpr std::string_view heads_each =
    "CASE WHEN {n} < {wanted} THEN 2 * {wanted} / greatest({n}, 1) ELSE 1 END";

/// The originators whose items are read, and the time of the oldest one.
struct item_window {
  std::vector<std::int64_t> originators;
  micros begin{begin_of_time};
  bool full{false}; ///< it has at least as many items as are wanted
};

/// The window that has the `wanted` newest items after the cursor, if there are that many.
[[nodiscard]] item_window window_of(std::vector<head> heads,
                                    const std::optional<list_cursor>& after, std::size_t wanted);

/// Fragment {items_in_window}: rows `i` of {rows} (a table and its WHERE with a condition) with
/// {columns} and `sort_at`, which is {time}: those at $1, and the $3 newest ones before it with all
/// of the last millisecond, none of them before $2. `add_window` adds $1 to $4; $4 is the most rows
/// of one millisecond.
inline constexpr std::string_view items_in_window = R"sql(
    (
      (
        SELECT {columns}, {time} AS sort_at
        FROM {rows} AND {time} = $1
        LIMIT $4
      )
      UNION ALL
      (
        SELECT *
        FROM (
          SELECT {columns}, {time} AS sort_at
          FROM {rows} AND {time} < $1 AND {time} >= $2
          ORDER BY {time} DESC
          FETCH FIRST (SELECT $3::int8) ROWS WITH TIES
        ) t
        LIMIT (SELECT $3::int8) + $4
      )
    )
)sql";

/// Adds $1 to $4 of {items_in_window}.
void add_window(db::params& to, const std::optional<list_cursor>& after, micros begin,
                std::size_t wanted);

} // namespace prism::reads
