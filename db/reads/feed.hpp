#pragma once

#include "db/reads/page.hpp"
#include "db/reads/session.hpp"
#include "db/reads/sorted_page.hpp"

#include <string>
#include <string_view>

/// What the feeds have in common: the timeline, the feed of an author and that of a list.
namespace prism::reads {

/// A post in a feed, by its author or by an account that reposted it.
struct feed_item {
  micros sort_at{0};      ///< of the post or of the repost
  std::string cid;        ///< of the post or of the repost, as text
  std::string uri;        ///< of the post
  std::string repost_uri; ///< empty: the post itself
  std::int64_t post_id{0};
  std::int64_t originator_id{0};
  std::string repost_rkey; ///< empty: the post itself
  bool is_reply{false};    ///< false for a repost
  bool is_quote{false};    ///< false for a repost
};

using feed_page = sorted_page<feed_item>;

/// Items of one time and CID are of one post or of its reposts, which have uris of their own.
[[nodiscard]] inline std::string_view uri_of(const feed_item& item) {
  return item.repost_uri.empty() ? item.uri : item.repost_uri;
}

/// In place of a cursor's CID: the next page begins with all rows of that millisecond.
inline constexpr std::string_view after_every_cid = "~";

/// Items that a page leaves out.
struct feed_exclusions {
  bool replies{false};
  bool reposts{false};
  bool quotes{false};

  [[nodiscard]] bool any() const noexcept { return replies || reposts || quotes; }
  [[nodiscard]] bool leave_out(const feed_item& item) const noexcept {
    return (replies && item.is_reply) || (reposts && !item.repost_rkey.empty()) ||
           (quotes && item.is_quote);
  }
};

/// Fragment {item_columns}: what `read_feed_items` reads, for a row `i` with originator_id,
/// sort_at, post_id and repost_rkey of feed_items. Needs {item_lookups}.
inline constexpr std::string_view item_columns =
    "i.sort_at, c.cid, i.post_id, i.originator_id, i.repost_rkey, c.is_reply, c.is_quote";

/// Fragment {item_lookups}: the CID of each item's post or repost. An item whose record is not
/// there is left out. Indexes: posts_pkey, reposts_pkey.
inline constexpr std::string_view item_lookups = R"sql(
    CROSS JOIN LATERAL (
      SELECT cid, reply_parent_id IS NOT NULL AS is_reply, quoted_id IS NOT NULL AS is_quote
      FROM posts
      WHERE id = i.post_id AND i.repost_rkey IS NULL
      UNION ALL
      SELECT cid, false, false
      FROM reposts
      WHERE creator_id = i.originator_id AND rkey = i.repost_rkey
      LIMIT 1
    ) c
)sql";

/// With their uris, by which items of one time and CID are ordered. Indexes: uris_pkey, users_pkey.
[[nodiscard]] outcome<std::vector<feed_item>> read_feed_items(session& on, const db::result& rows);

/// Most pages that are read for one page without excluded items. If it is short then, it has a
/// cursor.
inline constexpr int max_filtered_pages = 4;

/// Most rows of one page of a timeline or of a list's feed; AppViews ask for at most so many.
inline constexpr std::size_t max_merged_page = 100;

/// A page of the items that are not excluded.
/// @param limit 0 to `max_merged_page`; a larger one is that
/// @param read_page gives the page of all items after a cursor: (cursor, limit) ->
/// outcome<feed_page>
template <class ReadPage>
[[nodiscard]] outcome<feed_page> without(const feed_exclusions& excluded,
                                         std::optional<list_cursor> after, std::size_t limit,
                                         ReadPage read_page) {
  limit = std::min(limit, max_merged_page);
  if (limit == 0)
    return feed_page{};
  if (!excluded.any())
    return read_page(after, limit);
  constexpr std::size_t at_once = 50;
  feed_page out;
  for (int i = 0; i < max_filtered_pages; ++i) {
    auto next = read_page(after, std::max(limit, at_once));
    if (!next)
      return next;
    out.cursor = std::move(next->cursor);
    for (auto& item : next->rows) {
      if (excluded.leave_out(item))
        continue;
      if (out.rows.size() == limit) {
        out.cursor = format_list_cursor(cursor_between(out.rows.back(), item));
        return out;
      }
      out.rows.push_back(std::move(item));
    }
    if (out.cursor.empty())
      return out;
    if (auto next_after = parse_list_cursor(out.cursor))
      after = std::move(*next_after);
    else
      return out;
  }
  return out;
}

} // namespace prism::reads
