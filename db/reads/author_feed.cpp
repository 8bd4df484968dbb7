#include "db/reads/author_feed.hpp"

namespace prism::reads {

namespace {

// Posts only: a repost of another record, such as a feed generator, is stored as an item, but a
// feed does not show it. No EXISTS, since PostgreSQL may evaluate it by reading a whole table into
// memory first.
const db::statement select_author_feed{"author_feed", R"sql(
  SELECT f.originator_id, o.did, f.sort_at, f.post_id, f.did, f.rkey, f.repost_rkey
  FROM (SELECT did FROM users WHERE id = $1 AND status IS NULL LIMIT 1) o
  CROSS JOIN LATERAL (
    SELECT i.originator_id, i.sort_at, i.post_id, i.repost_rkey, p.did, p.rkey
    FROM feed_items i
    CROSS JOIN LATERAL (
      SELECT a.did, u.rkey
      FROM uris u
      JOIN users a ON a.id = u.repo_id AND a.status IS NULL
      WHERE u.id = i.post_id AND u.collection = 1 /* post */
      LIMIT 1
    ) p
    LEFT JOIN LATERAL (
      SELECT reply_parent_id, reply_root_id
      FROM posts
      WHERE id = i.post_id AND $6::int2 > 0
      LIMIT 1
    ) r ON true
    WHERE i.originator_id = $1
      AND (i.sort_at, i.post_id, i.originator_id, coalesce(i.repost_rkey, '')) < ($2, $3, $4, $5)
      AND (
        i.repost_rkey IS NOT NULL OR r.reply_parent_id IS NULL OR $6 = 2
        AND (SELECT repo_id FROM uris WHERE id = r.reply_root_id) = $1
      )
    ORDER BY i.sort_at DESC
    FETCH FIRST (SELECT $7::int8) ROWS WITH TIES
  ) f
  LIMIT $8
)sql"};

} // namespace

outcome<feed_page> author_feed(executor& on, std::int64_t author_id, author_feed_kind kind,
                               const feed_position& after, std::size_t limit) {
  limit = page_limit(limit);
  db::params p;
  p.int8(author_id);
  add_position(p, after);
  p.int2(static_cast<std::int16_t>(kind))
      .int8(limit_param(limit))
      .int8(limit_param(limit + max_same_instant));
  const auto rows = on.exec_prepared(select_author_feed, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return cut_page(read_feed_items(*rows), limit, position_of);
}

} // namespace prism::reads
