#pragma once

#include "db/index/effects.hpp"
#include "db/pg/pipeline.hpp"

#include <unordered_map>
#include <vector>

/// Who is notified of a post: mentioned users, the quoted author, the authors of its ancestors;
/// each user once, for the first of these reasons that applies. (Official rule: @atproto/bsky, post
/// plugin, `notifsForInsert`.)
namespace prism::db {

/// How many ancestors' authors a reply notifies; the parent is the first.
inline constexpr int reply_notification_height = 4;

/// What decides who is notified of one post.
struct notifying_post {
  std::int64_t id{0};
  std::int64_t author_id{0};
  std::string rkey;
  micros sort_at{0};
  stream_place place{0};
  std::vector<std::int64_t> mentions; ///< users.id
  std::optional<std::int64_t> quoted_id;
  std::optional<std::int64_t> quoted_owner;
  bool may_reply{true}; ///< false: it violates its thread's gate and notifies no ancestor
  bool may_embed{true}; ///< false: it violates the quoted post's gate and notifies no quote
};

/// One ancestor of one post, in the version that was valid at the time of the post.
struct ancestor {
  std::int64_t post_id;
  std::int64_t ancestor_id;
  std::optional<std::int64_t> author_id; ///< empty: not stored at that time
  std::optional<std::int64_t> root_id;   ///< of the ancestor's own thread, if it was a reply
  bool hidden;                           ///< by the gate of the post's thread
};

/// The ancestors of posts, nearest first; a chain ends at a post that was not stored. Index:
/// primary keys.
void queue_select_ancestors(pipeline& out, const std::vector<std::int64_t>& post_ids);
[[nodiscard]] std::vector<ancestor> read_ancestors(const result& rows);

/// The notifications of one post.
/// @param chain its ancestors, nearest first.
[[nodiscard]] std::vector<effects::notification>
notifications_of(const notifying_post& post, const std::vector<ancestor>& chain);

/// Stored posts with their present gate results, without mentions. Index: primary keys.
void queue_select_notifying_posts(pipeline& out, const std::vector<std::int64_t>& post_ids);
[[nodiscard]] std::vector<notifying_post> read_notifying_posts(const result& rows);

/// A stored notification of a post.
struct existing_notification {
  std::int64_t post_id;
  notification_reason reason;
  std::int64_t recipient_id;
  std::optional<std::int64_t> subject_id;
};

/// The notifications of stored posts: mentions, quotes, replies. Index: notifications_author.
void queue_select_existing_notifications(pipeline& out, const std::vector<std::int64_t>& post_ids);
[[nodiscard]] std::vector<existing_notification> read_existing_notifications(const result& rows);

} // namespace prism::db
