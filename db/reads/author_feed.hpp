#pragma once

#include "db/reads/feed.hpp"

namespace prism::reads {

/// Which items of an author a feed shows.
enum class author_feed_kind : std::uint8_t {
  everything,     ///< posts, replies and reposts
  author_threads, ///< replies only in threads of the author
  no_replies,     ///< without the author's replies
  images,         ///< only posts with images
  video,          ///< only posts with a video
};

/// Posts of an author, and posts that the author reposted, newest first; reposts of posts that are
/// not indexed are left out. Items of inactive accounts are included; the AppView drops them. Empty
/// for an unknown DID.
///
/// Plan: feed_items_originator_sort_at in index order (filtered_page.hpp), or posts_images or
/// posts_video; and a few lookups for each item.
/// @param limit 0 to `max_list_page`
[[nodiscard]] outcome<feed_page> author_feed(session& on, std::string_view author_did,
                                             author_feed_kind kind,
                                             const std::optional<list_cursor>& after,
                                             std::size_t limit);

} // namespace prism::reads
