#pragma once

#include "db/reads/feed.hpp"

namespace prism::reads {

/// Most follows that a timeline reads; of a user with more, the newest.
inline constexpr std::size_t max_timeline_follows = 10'000;

/// The home timeline: posts and reposts of a user and of the users that user follows, newest first.
///
/// Plan, for n rows and k follows: two statements; neither sorts.
/// 1. *heads*: the time of each originator's newest item before the position. One descent of
///    feed_items_originator_sort_at each, k rows of 16 bytes.
/// 2. *items*: the n newest heads are n items already, so every item of the page is at least as new
///    as the n-th head. Only the n originators of those heads can have such items, and only in the
///    window that begins at that head: about n rows in all, read in index order.
/// The rows are sorted here. If items of inactive accounts, or reposts of records that are no
/// posts, leave the page short, the next window is read, up to `max_timeline_windows` in all. The
/// cost is k descents, about 4 µs each: 5,000 follows take some 20 ms, 100 less than 1 ms.
///
/// @param limit 1 to `max_page`.
[[nodiscard]] outcome<feed_page> timeline(executor& on, std::int64_t user_id,
                                          const feed_position& after, std::size_t limit);

/// Most windows that one page reads.
inline constexpr int max_timeline_windows = 4;

} // namespace prism::reads
