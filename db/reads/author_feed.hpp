#pragma once

#include "db/reads/feed.hpp"

namespace prism::reads {

/// Which items of an author a feed shows.
enum class author_feed_kind : std::int16_t {
  everything = 0,     ///< posts, replies and reposts
  no_replies = 1,     ///< without the author's replies
  author_threads = 2, ///< replies only in the author's own threads
};

/// Posts and reposts of one user, newest first; empty if the account is not active.
/// Plan: feed_items_originator_sort_at in index order, and a look-up of the ids of each item.
/// @param limit 1 to `max_page`.
[[nodiscard]] outcome<feed_page> author_feed(executor& on, std::int64_t author_id,
                                             author_feed_kind kind, const feed_position& after,
                                             std::size_t limit);

} // namespace prism::reads
