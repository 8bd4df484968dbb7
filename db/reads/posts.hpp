#pragma once

#include "db/batch/place.hpp"
#include "db/reads/page.hpp"

#include <string>
#include <utility>

namespace prism::reads {

/// A post with its counts. For its whole record see db/reads/stored_records.
struct post {
  std::int64_t id{0}; ///< uris.id
  std::int64_t creator_id{0};
  std::string did;
  std::string rkey;
  micros commit_time{0};
  db::stream_place place{0};
  std::int64_t reply_parent_id{0}; ///< 0: not a reply
  std::int64_t reply_root_id{0};
  std::int64_t quoted_id{0}; ///< 0: quotes no post
  /// The author of the quoted post does not allow quotes, or has detached it from this one.
  bool embed_removed{false};
  bool hidden{false}; ///< the author of the thread has hidden this reply
  std::string text;
  std::int64_t likes{0};
  std::int64_t reposts{0};
  std::int64_t replies{0};
  std::int64_t quotes{0};
};

/// The id of an indexed post. Plan: users_did_key, the unique key of uris, posts_pkey.
[[nodiscard]] outcome<std::optional<std::int64_t>> find_post(executor& on, std::string_view did,
                                                             std::string_view rkey);

/// Posts in the order of `ids`, without those that are not indexed or whose author is not active.
/// Plan: primary keys.
/// @param ids the first `max_page` of them are looked up.
[[nodiscard]] outcome<std::vector<post>> posts(executor& on, std::span<const std::int64_t> ids);

/// The sort key of a list of posts: place in the stream and id.
using post_position = std::pair<db::stream_place, std::int64_t>;
inline constexpr post_position newest_post{db::end_of_places, highest_id};
using post_page = page<post, post_position>;

/// Posts that quote a post, newest first, including those with `embed_removed`. Plan: posts_quoted
/// backwards, and look-ups by primary key for each.
/// @param limit 1 to `max_page`.
[[nodiscard]] outcome<post_page> quotes_of(executor& on, std::int64_t post_id, post_position after,
                                           std::size_t limit);

} // namespace prism::reads
