#include "db/gate_verdicts.hpp"

namespace prism::db {

namespace {

// Indexes: posts_reply_root, posts_creator, thread_gates primary key. In the order of the firehose
// nothing is later than the change, and each part ends at its first index probe.
constexpr statement find_replies{
    "find_replies",
    "SELECT p.id FROM unnest($1::int8[], $2::timestamptz[]) AS g(id, at) "
    "JOIN posts p ON p.reply_root_id = g.id AND p.commit_time > g.at "
    "UNION SELECT p.id FROM unnest($3::int8[], $4::int8[], $5::timestamptz[]) AS f(creator_id, "
    "subject_id, at) "
    "JOIN posts p ON p.creator_id = f.creator_id AND p.commit_time > f.at AND p.reply_root_id IS "
    "NOT NULL "
    "JOIN thread_gates t ON t.id = p.reply_root_id AND t.creator_id = f.subject_id AND t.allows & "
    "2 <> 0 "
    "UNION SELECT p.id FROM unnest($3::int8[], $4::int8[], $5::timestamptz[]) AS f(creator_id, "
    "subject_id, at) "
    "JOIN posts p ON p.creator_id = f.subject_id AND p.commit_time > f.at AND p.reply_root_id IS "
    "NOT NULL "
    "JOIN thread_gates t ON t.id = p.reply_root_id AND t.creator_id = f.creator_id AND t.allows & "
    "4 <> 0 "
    "UNION SELECT p.id FROM unnest($6::int8[], $7::int8[], $8::timestamptz[]) AS i(list_id, "
    "subject_id, at) "
    "JOIN posts p ON p.creator_id = i.subject_id AND p.commit_time > i.at AND p.reply_root_id IS "
    "NOT NULL "
    "JOIN thread_gates t ON t.id = p.reply_root_id AND i.list_id = ANY(t.allow_lists)"};

constexpr statement judge_replies{
    "judge_replies",
    "WITH c AS (SELECT p.id, p.creator_id, p.commit_time, p.reply_root_id, g.creator_id AS "
    "owner_id, g.allows, "
    "g.allow_lists, coalesce(p.violates_thread_gate, false) AS before "
    "FROM unnest($1::int8[]) AS i(id) JOIN posts p ON p.id = i.id "
    "LEFT JOIN thread_gates g ON g.id = p.reply_root_id AND g.commit_time <= p.commit_time), "
    "v AS (SELECT c.id, c.before, NOT (c.allows IS NULL OR c.creator_id = c.owner_id "
    "OR (c.allows & 1 <> 0 AND EXISTS (SELECT FROM posts r JOIN users u ON u.id = c.creator_id "
    "WHERE r.id = c.reply_root_id AND jsonb_path_exists(r.facets, '$[*].features[*] ? "
    "(@.\"$type\" == \"app.bsky.richtext.facet#mention\" && @.did == $did)', "
    "jsonb_build_object('did', u.did)))) "
    "OR (c.allows & 2 <> 0 AND EXISTS (SELECT FROM follows f WHERE f.subject_id = c.owner_id "
    "AND f.creator_id = c.creator_id AND NOT f.duplicate AND f.commit_time <= c.commit_time)) "
    "OR (c.allows & 4 <> 0 AND EXISTS (SELECT FROM follows f WHERE f.subject_id = c.creator_id "
    "AND f.creator_id = c.owner_id AND NOT f.duplicate AND f.commit_time <= c.commit_time)) "
    "OR EXISTS (SELECT FROM list_items l WHERE l.list_id = ANY(c.allow_lists) AND l.subject_id = "
    "c.creator_id "
    "AND NOT l.duplicate AND l.commit_time <= c.commit_time)) AS now FROM c) "
    "UPDATE posts p SET violates_thread_gate = v.now FROM v WHERE p.id = v.id AND v.now <> "
    "v.before "
    "RETURNING p.id, p.reply_parent_id, v.now"};

} // namespace

bool add_find_replies(pipeline& out, const std::vector<gate_change>& gates,
                      const std::vector<pair_change>& follows,
                      const std::vector<pair_change>& list_items) {
  if (gates.empty() && follows.empty() && list_items.empty())
    return false;
  params p;
  p.int8_array(gates, &gate_change::post_id).timestamptz_array(gates, &gate_change::time);
  for (const auto* pairs : {&follows, &list_items})
    p.int8_array(*pairs, &pair_change::first)
        .int8_array(*pairs, &pair_change::second)
        .timestamptz_array(*pairs, &pair_change::time);
  out.add(find_replies, std::move(p));
  return true;
}

void add_judge_replies(pipeline& out, const std::vector<std::int64_t>& reply_ids) {
  params p;
  p.int8_array(reply_ids);
  out.add(judge_replies, std::move(p));
}

std::vector<verdict> read_verdicts(const result& rows) {
  std::vector<verdict> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.push_back({rows.get_int8(i, 0), rows.get_int8(i, 1), rows.get_bool(i, 2)});
  return out;
}

} // namespace prism::db
