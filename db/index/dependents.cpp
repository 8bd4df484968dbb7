#include "db/index/dependents.hpp"

#include "db/index/post_notifications.hpp"
#include "db/pg/row_reader.hpp"

#include <algorithm>
#include <ranges>

namespace prism::db {

namespace {

// $1 to $4: replies in the thread of a changed post, and replies to it. $5 to $8: replies to and
// quotes of posts whose gates changed. $9 to $11: replies whose gate allows followers (2) or users
// the owner follows (4, `gate_allows`). $12 to $14: replies whose gate allows the members of a
// list.
const statement find_dependents{"find_dependents", R"sql(
  SELECT d.id, (SELECT p.reply_parent_id FROM posts p WHERE p.id = d.id)
  FROM (
    SELECT p.id
    FROM unnest($1::int8[], $2::int8[]) AS c(id, at)
    JOIN post_versions p ON p.reply_root_id = c.id AND p.place >= c.at
    UNION
    SELECT p.id
    FROM unnest($3::int8[], $4::int8[]) AS c(id, at)
    JOIN post_versions p ON p.reply_parent_id = c.id AND p.place >= c.at
    UNION
    SELECT p.id
    FROM unnest($5::int8[], $6::int8[]) AS g(id, at)
    JOIN posts p ON p.reply_root_id = g.id AND p.place >= g.at
    UNION
    SELECT p.id
    FROM unnest($7::int8[], $8::int8[]) AS g(id, at)
    JOIN posts p ON p.quoted_id = g.id AND p.place >= g.at
    UNION
    SELECT p.id
    FROM unnest($9::int8[], $10::int8[], $11::int8[]) AS f(first, second, at)
    JOIN posts p ON p.creator_id = f.first AND p.place >= f.at
      AND p.reply_root_id IS NOT NULL
    JOIN thread_gate_versions t ON t.id = p.reply_root_id AND t.creator_id = f.second
      AND t.allows & 2 <> 0
    UNION
    SELECT p.id
    FROM unnest($9::int8[], $10::int8[], $11::int8[]) AS f(first, second, at)
    JOIN posts p ON p.creator_id = f.second AND p.place >= f.at
      AND p.reply_root_id IS NOT NULL
    JOIN thread_gate_versions t ON t.id = p.reply_root_id AND t.creator_id = f.first
      AND t.allows & 4 <> 0
    UNION
    SELECT p.id
    FROM unnest($12::int8[], $13::int8[], $14::int8[]) AS i(first, second, at)
    JOIN posts p ON p.creator_id = i.second AND p.place >= i.at
      AND p.reply_root_id IS NOT NULL
    JOIN thread_gate_versions t ON t.id = p.reply_root_id AND i.first = ANY(t.allow_lists)
  ) d
)sql"};

// A reply below a changed post in another thread has a wrong root, so it is found from the other
// end: every such reply that is newer than the first change, with its ancestors. In the order of
// the stream there are none. Index: posts_invalid_reply.
const statement find_wrong_replies{"find_wrong_replies", R"sql(
  WITH RECURSIVE up(id, at, ancestor_id, height) AS (
    SELECT p.id, p.place, p.reply_parent_id, 1
    FROM posts p
    WHERE p.invalid_reply_root AND p.place > $1
    UNION ALL
    SELECT up.id, up.at, a.reply_parent_id, up.height + 1
    FROM up
    JOIN post_versions a ON a.id = up.ancestor_id AND a.place <= up.at AND a.until > up.at
    WHERE up.height < $2 AND a.reply_parent_id IS NOT NULL
  )
  SELECT up.id, up.at, up.ancestor_id, (SELECT p.reply_parent_id FROM posts p WHERE p.id = up.id)
  FROM up
)sql"};

} // namespace

void queue_select_dependents(pipeline& out, const thread_changes& changes) {
  params p;
  for (const auto* firsts : {&changes.threads, &changes.posts})
    p.int8_array(*firsts, [](const auto& entry) {
       return entry.first;
     }).int8_array(*firsts, [](const auto& entry) { return entry.second; });
  for (const auto* gates : {&changes.thread_gates, &changes.post_gates})
    p.int8_array(*gates, &uri_change::id).int8_array(*gates, &uri_change::place);
  for (const auto* pairs : {&changes.follows, &changes.list_items})
    p.int8_array(*pairs, &pair_change::first)
        .int8_array(*pairs, &pair_change::second)
        .int8_array(*pairs, &pair_change::place);
  out.add(find_dependents, std::move(p));
  if (changes.posts.empty())
    return;
  const auto first = std::ranges::min(changes.posts | std::views::values);
  out.add(find_wrong_replies, std::move(params{}.int8(first).int4(reply_notification_height)));
}

std::vector<dependent> read_dependents(const std::vector<result>& results, std::size_t first,
                                       const thread_changes& changes) {
  auto out = read_rows<dependent>(
      results[first], [](dependent& each, row_reader& row) { row >> each.id >> each.parent_id; });
  if (changes.posts.empty())
    return out;
  const auto& wrong = results[first + 1];
  for (std::size_t i = 0; i < wrong.rows(); ++i) {
    dependent each{};
    stream_place place = 0;
    std::int64_t ancestor = 0;
    row_reader(wrong, i) >> each.id >> place >> ancestor >> each.parent_id;
    if (const auto found = changes.posts.find(ancestor);
        found != changes.posts.end() && found->second <= place)
      out.push_back(each);
  }
  return out;
}

} // namespace prism::db
