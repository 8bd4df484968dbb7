#pragma once

#include "db/reads/feed.hpp"

namespace prism::reads {

/// Follows that a timeline reads: the newest ones of a user who has more.
inline constexpr std::size_t max_timeline_follows = 10'000;

/// The home timeline: posts and reposts of a user and of those whom the user follows, newest first.
///
/// Plan, for n rows of k follows. Two statements, of which neither sorts:
/// 1. *heads*: the time of the newest item of each originator before the position. One descent of
///    feed_items_originator_sort_at each, k rows of 16 bytes.
/// 2. *items*: a page's items are newer than the n-th newest head, for n items are already. So
///    only the originators whose head is not older can have any, n of them, and only in the window
///    from that head on: about n rows in all, read in the index' order.
/// They are merged here, n rows of n sorted runs. Where items of inactive accounts, or reposts of
/// what is no post, leave a gap, the next window is read, up to `max_timeline_windows` times; then
/// the page is short. The cost is k descents, about 4 µs each: 5,000 follows take some 20 ms, 100
/// less than 1 ms.
///
/// @param limit 1 to `max_page`.
[[nodiscard]] outcome<feed_page> timeline(executor& on, std::int64_t user_id,
                                          const feed_position& after, std::size_t limit);

/// Most windows that one page reads.
inline constexpr int max_timeline_windows = 4;

} // namespace prism::reads
