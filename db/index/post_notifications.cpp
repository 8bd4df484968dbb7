#include "db/index/post_notifications.hpp"

#include "db/index/ids.hpp"
#include "db/pg/row_reader.hpp"

#include <algorithm>
#include <unordered_set>

namespace prism::db {

namespace {

const statement ancestors{"ancestors", R"sql(
  WITH RECURSIVE up(post_id, at, ancestor_id, root_id, height) AS (
    SELECT p.id, p.place, p.reply_parent_id, p.reply_root_id, 1
    FROM posts p
    WHERE p.id = ANY($1) AND p.reply_parent_id IS NOT NULL
    UNION ALL
    SELECT up.post_id, up.at, a.reply_parent_id, up.root_id, up.height + 1
    FROM up
    JOIN post_versions a ON a.id = up.ancestor_id AND a.place <= up.at AND a.until > up.at
    WHERE up.height < $2 AND a.reply_parent_id IS NOT NULL
  )
  SELECT up.post_id, up.ancestor_id, a.creator_id, a.reply_root_id,
    coalesce(up.ancestor_id = ANY(g.hidden_replies), false)
  FROM up
  LEFT JOIN post_versions a ON a.id = up.ancestor_id AND a.place <= up.at
    AND a.until > up.at
  LEFT JOIN thread_gate_versions g ON g.id = up.root_id AND g.place <= up.at
    AND g.until > up.at
  ORDER BY up.post_id, up.height
)sql"};

const statement notifying_posts{"notifying_posts", R"sql(
  SELECT p.id, p.creator_id, u.rkey, least(p.created_at, p.commit_time), p.place, p.quoted_id,
    nullif(q.repo_id, 0), coalesce(p.violates_thread_gate, false),
    coalesce(p.violates_embedding_rules, false)
  FROM posts p
  JOIN uris u ON u.id = p.id
  LEFT JOIN uris q ON q.id = p.quoted_id
  WHERE p.id = ANY($1)
)sql"};

// The condition on the reason must be that of the index.
const statement existing_notifications{"existing_notifications", R"sql(
  SELECT p.id, n.reason, n.recipient_id, n.subject_id
  FROM posts p
  JOIN uris u ON u.id = p.id
  CROSS JOIN LATERAL (
    SELECT reason, recipient_id, subject_id
    FROM notifications
    WHERE author_id = p.creator_id AND rkey = u.rkey
      AND reason IN (
        4 /* mention */, 5 /* reply */, 6 /* quote */, 9 /* starterpack_joined */,
        10 /* verified */, 11 /* unverified */
      )
      AND reason IN (4 /* mention */, 5 /* reply */, 6 /* quote */)
    OFFSET 0 -- one probe of the index for each post
  ) n
  WHERE p.id = ANY($1)
)sql"};

} // namespace

void queue_select_ancestors(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  auto p = ids_param(post_ids);
  p.int4(reply_notification_height);
  out.add(ancestors, std::move(p));
}

std::vector<ancestor> read_ancestors(const result& rows) {
  return read_rows<ancestor>(rows, [](ancestor& out, row_reader& row) {
    row >> out.post_id >> out.ancestor_id >> out.author_id >> out.root_id >> out.hidden;
  });
}

std::vector<effects::notification> notifications_of(const notifying_post& post,
                                                    const std::vector<ancestor>& chain) {
  std::vector<effects::notification> out;
  std::unordered_set<std::int64_t> notified{post.author_id};
  const auto append = [&](std::int64_t recipient, notification_reason reason,
                          std::optional<std::int64_t> subject) {
    if (notified.insert(recipient).second)
      out.push_back(
          {recipient, post.author_id, reason, post.rkey, subject, post.sort_at, post.place});
  };
  for (const auto mentioned : post.mentions)
    append(mentioned, notification_reason::mention, std::nullopt);
  if (post.quoted_owner && post.may_embed)
    append(*post.quoted_owner, notification_reason::quote, post.quoted_id);
  if (!post.may_reply)
    return out;
  for (const auto& each : chain) {
    if (each.author_id)
      append(*each.author_id, notification_reason::reply, each.ancestor_id);
    // Authors above a reply that the thread's author has hidden are not notified.
    if (each.hidden)
      break;
  }
  return out;
}

void queue_select_notifying_posts(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  out.add(notifying_posts, ids_param(post_ids));
}

std::vector<notifying_post> read_notifying_posts(const result& rows) {
  return read_rows<notifying_post>(rows, [](notifying_post& out, row_reader& row) {
    bool violates_thread_gate = false;
    bool violates_embedding_rules = false;
    row >> out.id >> out.author_id >> out.rkey >> timestamp(out.sort_at) >> out.place >>
        out.quoted_id >> out.quoted_owner >> violates_thread_gate >> violates_embedding_rules;
    out.may_reply = !violates_thread_gate;
    out.may_embed = !violates_embedding_rules;
  });
}

void queue_select_existing_notifications(pipeline& out, const std::vector<std::int64_t>& post_ids) {
  out.add(existing_notifications, ids_param(post_ids));
}

std::vector<existing_notification> read_existing_notifications(const result& rows) {
  return read_rows<existing_notification>(rows, [](existing_notification& out, row_reader& row) {
    row >> out.post_id >> out.reason >> out.recipient_id >> out.subject_id;
  });
}

} // namespace prism::db
