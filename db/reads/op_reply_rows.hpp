#pragma once

#include "db/reads/op_threads.hpp"

/// Reading the replies of threads' authors, for the statements that do.
namespace prism::reads {

/// SQL: the replies of the authors of {roots}, a FROM list with `n.id`, the uris.id of a thread's
/// first post. {per_root} and {in_all} are the two parameters that `add_op_bounds` adds; rows of
/// one root follow each other. Indexes: posts_creator_root, the primary key of deleted_op_replies.
/// A reply that was deleted and is in the thread again is there twice.
inline constexpr std::string_view op_replies_sql = R"sql(
  SELECT r.id, o.did, r.collection, r.rkey, t.id, u.rkey, t.parent_id, t.deleted_at
  FROM {roots}
  CROSS JOIN LATERAL (SELECT * FROM uris WHERE id = n.id LIMIT 1) r
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = r.repo_id LIMIT 1) o
  CROSS JOIN LATERAL (
    (
      SELECT id, reply_parent_id AS parent_id, NULL::timestamptz AS deleted_at
      FROM posts
      WHERE creator_id = r.repo_id AND reply_root_id = r.id AND reply_root_cid IS NOT NULL
      LIMIT {per_root}
    )
    UNION ALL
    (
      SELECT post_id, parent_id, deleted_at
      FROM deleted_op_replies
      WHERE creator_id = r.repo_id AND root_id = r.id
      LIMIT {per_root}
    )
  ) t
  CROSS JOIN LATERAL (SELECT rkey FROM uris WHERE id = t.id LIMIT 1) u
  LIMIT {in_all}
)sql";

/// @param per_root most existing and most deleted replies of one root, `max_op_replies` at most
void add_op_bounds(db::params& to, std::size_t per_root = max_op_replies);

/// The op threads of rows that were read with the default bound; none of a thread that reaches it.
[[nodiscard]] std::vector<op_thread> read_op_threads(const db::result& rows);

} // namespace prism::reads
