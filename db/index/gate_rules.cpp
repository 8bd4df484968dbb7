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
    SELECT p.id, p.creator_id, p.place, p.reply_root_id, g.creator_id AS owner_id, g.allows,
      g.allow_lists, coalesce(p.violates_thread_gate, false) AS before
    FROM unnest($1::int8[]) AS i(id)
    JOIN posts p ON p.id = i.id AND p.reply_root_id IS NOT NULL
    LEFT JOIN thread_gate_versions g ON g.id = p.reply_root_id AND g.place <= p.place
      AND g.until > p.place
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
            WHERE r.id = c.reply_root_id AND r.place <= c.place
              AND r.until > c.place
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
                AND f.place <= c.place
            )
            OR EXISTS (
              SELECT FROM past_pairs h
              WHERE h.first_id = c.creator_id AND h.second_id = c.owner_id
                AND h.collection = 7 /* follow */ AND h.place <= c.place
                AND h.until > c.place
            )
          )
        )
        OR (
          c.allows & 4 <> 0
          AND (
            EXISTS (
              SELECT FROM follows f
              WHERE f.subject_id = c.creator_id AND f.creator_id = c.owner_id AND NOT f.duplicate
                AND f.place <= c.place
            )
            OR EXISTS (
              SELECT FROM past_pairs h
              WHERE h.first_id = c.owner_id AND h.second_id = c.creator_id
                AND h.collection = 7 /* follow */ AND h.place <= c.place
                AND h.until > c.place
            )
          )
        )
        OR EXISTS (
          SELECT FROM list_items l
          WHERE l.list_id = ANY(c.allow_lists) AND l.subject_id = c.creator_id AND NOT l.duplicate
            AND l.place <= c.place
        )
        OR EXISTS (
          SELECT FROM pending_ops w
          WHERE w.referent_id = ANY(c.allow_lists) AND w.collection = 10 /* list_item */
            AND w.other_id = c.creator_id AND w.place <= c.place
        )
        OR EXISTS (
          SELECT FROM past_pairs h
          WHERE h.first_id = ANY(c.allow_lists) AND h.second_id = c.creator_id
            AND h.collection = 10 /* list_item */ AND h.place <= c.place
            AND h.until > c.place
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
    LEFT JOIN post_gate_versions g ON g.id = p.quoted_id AND g.place <= p.place
      AND g.until > p.place
  )
  UPDATE posts p
  SET violates_embedding_rules = v.now
  FROM v
  WHERE p.id = v.id AND v.now <> v.before
  RETURNING p.id
)sql"};

} // namespace

void queue_recompute_reply_gates(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  out.add(recompute_reply_gates, ids_param(post_ids));
}

void queue_recompute_quote_gates(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  out.add(recompute_quote_gates, ids_param(post_ids));
}

std::vector<reply_gate_result> read_reply_gate_results(const result& rows) {
  return read_rows<reply_gate_result>(rows, [](reply_gate_result& out, row_reader& row) {
    row >> out.reply_id >> out.parent_id >> out.violates;
  });
}

} // namespace prism::db
