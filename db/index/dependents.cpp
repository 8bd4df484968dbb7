#include "db/index/dependents.hpp"

#include "db/index/post_notifications.hpp"

#include <string>

namespace prism::db {

namespace {

// $1 to $3: replies in the thread of a changed post, and below it where a reply names another
// thread. $4 to $7: replies to and quotes of posts whose gates changed. $8 to $10: replies whose
// gate allows followers (2) or users the owner follows (4, `gate_allows`). $11 to $13: replies
// whose gate allows the members of a list.
const statement find_dependents{
    "find_dependents", compose_sql(R"sql(
  WITH RECURSIVE below(id, at, depth) AS (
    SELECT p.id, c.at, 1
    FROM unnest($3::int8[], $2::int8[]) AS c(id, at)
    JOIN post_versions p ON p.reply_parent_id = c.id AND p.place >= c.at
    UNION
    SELECT p.id, b.at, b.depth + 1
    FROM below b
    JOIN post_versions p ON p.reply_parent_id = b.id AND p.place >= b.at
    WHERE b.depth < {height}
  )
  SELECT d.id, (SELECT p.reply_parent_id FROM posts p WHERE p.id = d.id)
  FROM (
    SELECT p.id
    FROM unnest($1::int8[], $2::int8[]) AS c(id, at)
    JOIN post_versions p ON p.reply_root_id = c.id AND p.place >= c.at
    UNION
    SELECT id
    FROM below
    UNION
    SELECT p.id
    FROM unnest($4::int8[], $5::int8[]) AS g(id, at)
    JOIN posts p ON p.reply_root_id = g.id AND p.place >= g.at
    UNION
    SELECT p.id
    FROM unnest($6::int8[], $7::int8[]) AS g(id, at)
    JOIN posts p ON p.quoted_id = g.id AND p.place >= g.at
    UNION
    SELECT p.id
    FROM unnest($8::int8[], $9::int8[], $10::int8[]) AS f(first, second, at)
    JOIN posts p ON p.creator_id = f.first AND p.place >= f.at
      AND p.reply_root_id IS NOT NULL
    JOIN thread_gate_versions t ON t.id = p.reply_root_id AND t.creator_id = f.second
      AND t.allows & 2 <> 0
    UNION
    SELECT p.id
    FROM unnest($8::int8[], $9::int8[], $10::int8[]) AS f(first, second, at)
    JOIN posts p ON p.creator_id = f.second AND p.place >= f.at
      AND p.reply_root_id IS NOT NULL
    JOIN thread_gate_versions t ON t.id = p.reply_root_id AND t.creator_id = f.first
      AND t.allows & 4 <> 0
    UNION
    SELECT p.id
    FROM unnest($11::int8[], $12::int8[], $13::int8[]) AS i(first, second, at)
    JOIN posts p ON p.creator_id = i.second AND p.place >= i.at
      AND p.reply_root_id IS NOT NULL
    JOIN thread_gate_versions t ON t.id = p.reply_root_id AND i.first = ANY(t.allow_lists)
  ) d
)sql",
                                   {{"height", std::to_string(reply_notification_height)}})};

} // namespace

void queue_select_dependents(pipeline& out, const thread_changes& changes) {
  params p;
  p.int8_array(changes.threads)
      .int8_array(changes.posts, &uri_change::place)
      .int8_array(changes.posts, &uri_change::id);
  for (const auto* gates : {&changes.thread_gates, &changes.post_gates})
    p.int8_array(*gates, &uri_change::id).int8_array(*gates, &uri_change::place);
  for (const auto* pairs : {&changes.follows, &changes.list_items})
    p.int8_array(*pairs, &pair_change::first)
        .int8_array(*pairs, &pair_change::second)
        .int8_array(*pairs, &pair_change::place);
  out.add(find_dependents, std::move(p));
}

} // namespace prism::db
