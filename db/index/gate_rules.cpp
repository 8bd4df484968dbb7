#include "db/index/gate_rules.hpp"

#include "db/index/ids.hpp"
#include "db/pg/row_reader.hpp"

namespace prism::db {

namespace {

// Bits of allows: mentioned users (1), followers (2), users the owner follows (4). An item of a
// list that is not indexed yet counts as well. Index: primary keys, follows_subject,
// list_items_member, pending_ops_referent.
const statement recompute_reply_gates{"recompute_reply_gates", R"sql(
  WITH c AS (
    SELECT p.id, p.creator_id, p.commit_time, p.reply_root_id, g.creator_id AS owner_id, g.allows,
      g.allow_lists, coalesce(p.violates_thread_gate, false) AS before
    FROM unnest($1::int8[]) AS i(id)
    JOIN posts p ON p.id = i.id AND p.reply_root_id IS NOT NULL
    LEFT JOIN thread_gate_versions g ON g.id = p.reply_root_id AND g.commit_time <= p.commit_time
      AND g.until > p.commit_time
  ),
  v AS (
    SELECT c.id, c.before,
      NOT (
        c.allows IS NULL OR c.creator_id = c.owner_id
        OR (
          c.allows & 1 <> 0
          AND EXISTS (
            SELECT FROM post_versions r
            JOIN users u ON u.id = c.creator_id
            WHERE r.id = c.reply_root_id AND r.commit_time <= c.commit_time
              AND r.until > c.commit_time
              AND jsonb_path_exists(
                r.facets,
                '$[*].features[*] ? (@."$type" == "app.bsky.richtext.facet#mention" && @.did == $did)',
                jsonb_build_object('did', u.did)
              )
          )
        )
        OR (
          c.allows & 2 <> 0
          AND (
            EXISTS (
              SELECT FROM follows f
              WHERE f.subject_id = c.owner_id AND f.creator_id = c.creator_id AND NOT f.duplicate
                AND f.commit_time <= c.commit_time
            )
            OR EXISTS (
              SELECT FROM past_pairs h
              WHERE h.first_id = c.creator_id AND h.second_id = c.owner_id
                AND h.collection = 7 /* follow */ AND h.commit_time <= c.commit_time
                AND h.until > c.commit_time
            )
          )
        )
        OR (
          c.allows & 4 <> 0
          AND (
            EXISTS (
              SELECT FROM follows f
              WHERE f.subject_id = c.creator_id AND f.creator_id = c.owner_id AND NOT f.duplicate
                AND f.commit_time <= c.commit_time
            )
            OR EXISTS (
              SELECT FROM past_pairs h
              WHERE h.first_id = c.owner_id AND h.second_id = c.creator_id
                AND h.collection = 7 /* follow */ AND h.commit_time <= c.commit_time
                AND h.until > c.commit_time
            )
          )
        )
        OR EXISTS (
          SELECT FROM list_items l
          WHERE l.list_id = ANY(c.allow_lists) AND l.subject_id = c.creator_id AND NOT l.duplicate
            AND l.commit_time <= c.commit_time
        )
        OR EXISTS (
          SELECT FROM pending_ops w
          WHERE w.referent_id = ANY(c.allow_lists) AND w.collection = 10 /* list_item */
            AND w.other_id = c.creator_id AND w.commit_time <= c.commit_time
        )
        OR EXISTS (
          SELECT FROM past_pairs h
          WHERE h.first_id = ANY(c.allow_lists) AND h.second_id = c.creator_id
            AND h.collection = 10 /* list_item */ AND h.commit_time <= c.commit_time
            AND h.until > c.commit_time
        )
      ) AS now
    FROM c
  )
  UPDATE posts p
  SET violates_thread_gate = v.now
  FROM v
  WHERE p.id = v.id AND v.now <> v.before
  RETURNING p.id, p.reply_parent_id, v.now
)sql"};

const statement recompute_quote_gates{"recompute_quote_gates", R"sql(
  WITH v AS (
    SELECT p.id, coalesce(p.violates_embedding_rules, false) AS before,
      coalesce(g.embedding_disabled AND g.creator_id <> p.creator_id, false) AS now
    FROM unnest($1::int8[]) AS i(id)
    JOIN posts p ON p.id = i.id AND p.quoted_id IS NOT NULL
    LEFT JOIN post_gate_versions g ON g.id = p.quoted_id AND g.commit_time <= p.commit_time
      AND g.until > p.commit_time
  )
  UPDATE posts p
  SET violates_embedding_rules = v.now
  FROM v
  WHERE p.id = v.id AND v.now <> v.before
  RETURNING p.id
)sql"};

// A reply is valid if its parent is the root and no reply, or a valid reply with the same root.
const statement recompute_reply_roots{"recompute_reply_roots", R"sql(
  WITH c AS (
    SELECT v.id, v.commit_time, v.reply_root_id, v.reply_parent_id, v.invalid_reply_root AS before
    FROM unnest($1::int8[]) AS i(id)
    JOIN post_versions v ON v.id = i.id AND v.reply_parent_id IS NOT NULL
  ),
  n AS (
    SELECT c.id, c.commit_time, c.before, a.id IS NULL OR a.invalid_reply_root OR CASE
      WHEN c.reply_parent_id = c.reply_root_id THEN a.reply_parent_id IS NOT NULL
      ELSE a.reply_root_id IS DISTINCT FROM c.reply_root_id END AS now
    FROM c
    LEFT JOIN post_versions a ON a.id = c.reply_parent_id AND a.commit_time <= c.commit_time
      AND a.until > c.commit_time
  ),
  live AS (
    UPDATE posts p
    SET invalid_reply_root = n.now
    FROM n
    WHERE p.id = n.id AND p.commit_time = n.commit_time AND n.now <> n.before
    RETURNING p.id
  ),
  past AS (
    UPDATE past_posts p
    SET invalid_reply_root = n.now
    FROM n
    WHERE p.id = n.id AND p.commit_time = n.commit_time AND n.now <> n.before
    RETURNING p.id
  ),
  changed AS (SELECT id FROM live UNION SELECT id FROM past)
  SELECT r.id
  FROM changed
  JOIN posts r ON r.reply_parent_id = changed.id
  UNION
  SELECT r.id
  FROM changed
  JOIN past_posts r ON r.reply_parent_id = changed.id
)sql"};

} // namespace

void queue_recompute_reply_gates(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  out.add(recompute_reply_gates, ids_param(post_ids));
}

void queue_recompute_quote_gates(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  out.add(recompute_quote_gates, ids_param(post_ids));
}

void queue_recompute_reply_roots(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  out.add(recompute_reply_roots, ids_param(post_ids));
}

std::vector<reply_gate_result> read_reply_gate_results(const result& rows) {
  return read_rows<reply_gate_result>(rows, [](reply_gate_result& out, row_reader& row) {
    row >> out.reply_id >> out.parent_id >> out.violates;
  });
}

} // namespace prism::db
