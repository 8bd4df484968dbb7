#pragma once

#include "db/index/effects.hpp"
#include "db/pg/pipeline.hpp"

#include <unordered_map>
#include <vector>

/// Whom a post tells: the mentioned, the quoted, the authors it answers; each user once, for the
/// first of these that applies. (Official rule: @atproto/bsky, post plugin, `notifsForInsert`.)
namespace prism::db {

/// Ancestors that a reply's notifications reach: the parent is the first.
inline constexpr int reply_notification_height = 4;

/// What decides whom one post tells.
struct notifying_post {
  std::int64_t id{0};
  std::int64_t author_id{0};
  std::string rkey;
  micros sort_at{0};
  std::vector<std::int64_t> mentions; ///< users.id
  std::optional<std::int64_t> quoted_id;
  std::optional<std::int64_t> quoted_owner;
  bool may_reply{true}; ///< false: it breaks its thread's gate, and no ancestor is told
  bool may_embed{true}; ///< false: it breaks the quoted post's gate, and the quote is silent
};

/// One ancestor of one post, as things were when the post was made.
struct ancestor {
  std::int64_t post_id;
  std::int64_t ancestor_id;
  std::optional<std::int64_t> author_id; ///< empty: it was not there
  std::optional<std::int64_t> root_id;   ///< of the ancestor's own thread, if it was a reply
  bool hidden;                           ///< by the gate of the post's thread
};

/// The chains of ancestors of posts, nearest first; a chain ends where a post was not there. Index:
/// primary keys.
void queue_select_ancestors(pipeline& out, const std::vector<std::int64_t>& post_ids);
[[nodiscard]] std::vector<ancestor> read_ancestors(const result& rows);

/// Who is told. @param chain the post's ancestors, nearest first.
[[nodiscard]] std::vector<effects::notification>
notifications_of(const notifying_post& post, const std::vector<ancestor>& chain);

/// Stored posts, with the verdicts as they are now; without mentions. Index: primary keys.
void queue_select_notifying_posts(pipeline& out, const std::vector<std::int64_t>& post_ids);
[[nodiscard]] std::vector<notifying_post> read_notifying_posts(const result& rows);

/// What stored posts have told: mentions, quotes, replies. Gives (post, reason, recipient,
/// subject). Index: notifications_author.
void queue_select_existing_notifications(pipeline& out, const std::vector<std::int64_t>& post_ids);

/// One thing that a post has told somebody.
struct existing_notification {
  std::int64_t post_id;
  notification_reason reason;
  std::int64_t recipient_id;
  std::optional<std::int64_t> subject_id;
};
[[nodiscard]] std::vector<existing_notification> read_existing_notifications(const result& rows);

} // namespace prism::db
