#pragma once

#include "db/effects.hpp"
#include "db/pipeline.hpp"
#include "db/posts.hpp"

#include <vector>

/// Whom a post tells: the mentioned, the quoted, the authors it answers.
namespace prism::db {

/// Ancestors that a reply's notifications reach: the parent is the first.
inline constexpr int reply_notification_height = 4;

/// The chains of ancestors of posts, nearest first, as far as they are indexed. Gives (post,
/// ancestor, its author, hidden by the thread's gate). Index: posts primary key.
void add_ancestors(pipeline& out, const std::vector<std::int64_t>& post_ids);

/// One ancestor of one post.
struct ancestor {
  std::int64_t post_id;
  std::int64_t ancestor_id;
  std::int64_t author_id;
  bool hidden;
};
[[nodiscard]] std::vector<ancestor> read_ancestors(const result& rows);

/// Who is told of one new post: each user once, for the first of mention, quote, reply that
/// applies.
/// @param chain the post's ancestors, nearest first.
/// @param quoted_author owner of the quoted post's repo; empty without a quote.
/// @param may_reply false if the reply breaks its thread's gate: then no ancestor is told.
/// @param may_embed false if the quoted post's author has forbidden it: then the quote is silent.
void notify_of_post(effects& out, const post& row, const std::vector<ancestor>& chain,
                    std::optional<std::int64_t> quoted_author, bool may_reply, bool may_embed);

} // namespace prism::db
