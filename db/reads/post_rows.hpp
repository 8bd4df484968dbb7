#pragma once

#include "db/reads/posts.hpp"

#include <string_view>

namespace prism::reads {

/// Fragment {post_columns}: the columns that `read_posts` reads, for a row `p` of posts. Needs
/// {post_lookups} in the FROM list.
inline constexpr std::string_view post_columns = R"sql(
    p.id, p.creator_id, a.did, u.rkey, p.commit_time, p.place, coalesce(p.reply_parent_id, 0),
    coalesce(p.reply_root_id, 0), coalesce(p.quoted_id, 0),
    coalesce(
      p.violates_embedding_rules
      OR (SELECT p.id = ANY(detached) FROM post_gates WHERE id = p.quoted_id), false
    ),
    coalesce(
      (SELECT p.id = ANY(hidden_replies) FROM thread_gates WHERE id = p.reply_root_id), false
    ),
    p.text, coalesce(c.like_count, 0), coalesce(c.repost_count, 0), coalesce(c.reply_count, 0),
    coalesce(c.quote_count, 0)
)sql";

/// Fragment {post_lookups}: looks up author, uri and counts of a row `p` of posts; leaves the post
/// out if its author is not active. Each row is looked up separately, so the rows stay in the order
/// of the index that found them.
inline constexpr std::string_view post_lookups = R"sql(
    CROSS JOIN LATERAL (
      SELECT did FROM users WHERE id = p.creator_id AND status IS NULL LIMIT 1
    ) a
    CROSS JOIN LATERAL (SELECT rkey FROM uris WHERE id = p.id LIMIT 1) u
    LEFT JOIN LATERAL (SELECT * FROM post_aggregates WHERE post_id = p.id LIMIT 1) c ON true
)sql";

/// Reads rows of {post_columns}.
[[nodiscard]] std::vector<post> read_posts(const db::result& rows);

} // namespace prism::reads
