#include "db/post_notifications.hpp"

#include <algorithm>
#include <unordered_set>

namespace prism::db {

namespace {

constexpr statement ancestors{
    "ancestors",
    "WITH RECURSIVE up(post_id, ancestor_id, root_id, height) AS ("
    "SELECT p.id, p.reply_parent_id, p.reply_root_id, 1 FROM posts p WHERE p.id = ANY($1) AND "
    "p.reply_parent_id IS NOT NULL "
    "UNION ALL SELECT up.post_id, a.reply_parent_id, up.root_id, up.height + 1 FROM up "
    "JOIN posts a ON a.id = up.ancestor_id WHERE up.height < $2 AND a.reply_parent_id IS NOT NULL) "
    "SELECT up.post_id, up.ancestor_id, a.creator_id, coalesce(up.ancestor_id = "
    "ANY(g.hidden_replies), false) "
    "FROM up JOIN posts a ON a.id = up.ancestor_id LEFT JOIN thread_gates g ON g.id = up.root_id "
    "ORDER BY up.post_id, up.height"};

} // namespace

void add_ancestors(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  params p;
  p.int8_array(post_ids).int4(reply_notification_height);
  out.add(ancestors, std::move(p));
}

std::vector<ancestor> read_ancestors(const result& rows) {
  std::vector<ancestor> out;
  out.reserve(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.push_back(
        {rows.get_int8(i, 0), rows.get_int8(i, 1), rows.get_int8(i, 2), rows.get_bool(i, 3)});
  return out;
}

void notify_of_post(effects& out, const post& row, const std::vector<ancestor>& chain,
                    std::optional<std::int64_t> quoted_author, bool may_reply, bool may_embed) {
  std::unordered_set<std::int64_t> told{row.creator_id};
  const auto sort_at = std::min(row.created_at, row.commit_time);
  const auto tell = [&](std::int64_t recipient, notification_reason why,
                        std::optional<std::int64_t> subject) {
    if (told.insert(recipient).second)
      out.notify({recipient, row.creator_id, why, row.rkey, subject, sort_at});
  };
  for (const auto mentioned : row.mentions)
    tell(mentioned, notification_reason::mention, std::nullopt);
  if (quoted_author && may_embed)
    tell(*quoted_author, notification_reason::quote, row.quoted_id);
  if (!may_reply)
    return;
  for (const auto& each : chain) {
    tell(each.author_id, notification_reason::reply, each.ancestor_id);
    // What the thread's author has hidden is not a way up to the posts above it.
    if (each.hidden)
      break;
  }
}

} // namespace prism::db
