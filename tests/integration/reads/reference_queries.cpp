#include "tests/integration/reads/reference_queries.hpp"

#include "tests/support/must.hpp"

#include <fmt/format.h>

namespace prism::test::reference {

namespace {

/// Runs `sql` with the id as $1 and the number of rows as $2: one text per row.
[[nodiscard]] listing texts(db::executor& on, const std::string& sql, std::int64_t id,
                            std::size_t max_rows) {
  db::params p;
  p.int8(id).int8(static_cast<std::int64_t>(max_rows));
  const auto rows = must(on.exec(sql, p));
  listing out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.emplace_back(rows.get_text(i, 0));
  return out;
}

[[nodiscard]] std::vector<std::int64_t> ids(db::executor& on, const std::string& sql,
                                            std::int64_t id, std::int64_t depth) {
  db::params p;
  p.int8(id).int8(depth);
  const auto rows = must(on.exec(sql, p));
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.push_back(rows.get_int8(i, 0));
  return out;
}

/// Microseconds since 1970 as text.
[[nodiscard]] std::string micros_of(std::string_view column) {
  return fmt::format("(extract(epoch FROM {}) * 1000000)::int8", column);
}

/// Rows `i` of feed_items that satisfy a condition.
[[nodiscard]] listing items(db::executor& on, std::string_view condition, std::int64_t id,
                            std::size_t max_rows) {
  return texts(
      on,
      fmt::format("SELECT format('%s %s %s %s %s', o.did, {}, a.did, u.rkey, "
                  "i.repost_rkey) FROM feed_items i JOIN users o ON o.id = i.originator_id "
                  "JOIN uris u ON u.id = i.post_id JOIN users a ON a.id = u.repo_id "
                  "JOIN posts p ON p.id = i.post_id "
                  "WHERE o.status IS NULL AND a.status IS NULL AND {} "
                  "ORDER BY i.sort_at DESC, i.post_id DESC, i.originator_id DESC, "
                  "coalesce(i.repost_rkey, '') DESC LIMIT $2",
                  micros_of("i.sort_at"), condition),
      id, max_rows);
}

[[nodiscard]] listing people(db::executor& on, std::string_view table, std::string_view who,
                             std::string_view of, std::string_view order, std::int64_t id,
                             std::size_t max_rows) {
  return texts(on,
               fmt::format("SELECT format('%s %s %s %s %s', u.id, u.did, u.handle, {}, t.rkey) "
                           "FROM {} t JOIN users u ON u.id = t.{} WHERE t.{} = $1 "
                           "AND NOT t.duplicate AND u.status IS NULL ORDER BY t.{} DESC LIMIT $2",
                           micros_of("t.created_at"), table, who, of, order),
               id, max_rows);
}

/// Visible notifications `n`, with author `a`, subject `s` and its owner `so`.
constexpr std::string_view shown_notifications =
    "FROM notifications n JOIN users a ON a.id = n.author_id LEFT JOIN uris s ON s.id = "
    "n.subject_id LEFT JOIN users so ON so.id = s.repo_id WHERE n.recipient_id = $1 AND a.status "
    "IS "
    "NULL AND (s.id IS NULL OR s.collection NOT IN (1, 3, 12) OR s.id IN (SELECT id FROM posts) "
    "OR (s.repo_id, s.rkey, s.collection) IN (SELECT creator_id, rkey, 3 FROM reposts) "
    "OR s.id IN (SELECT id FROM starter_packs))";

} // namespace

listing timeline(db::executor& on, std::int64_t user, std::size_t max_rows) {
  return items(on,
               "(i.originator_id = $1 OR i.originator_id IN "
               "(SELECT subject_id FROM follows WHERE creator_id = $1 AND NOT duplicate))",
               user, max_rows);
}

listing author_feed(db::executor& on, std::int64_t user, reads::author_feed_kind kind,
                    std::size_t max_rows) {
  std::string condition = "i.originator_id = $1";
  if (kind == reads::author_feed_kind::no_replies)
    condition += " AND (i.repost_rkey IS NOT NULL OR p.reply_parent_id IS NULL)";
  if (kind == reads::author_feed_kind::author_threads)
    condition +=
        " AND (i.repost_rkey IS NOT NULL OR p.reply_parent_id IS NULL OR p.reply_root_id IN "
        "(SELECT id FROM uris WHERE repo_id = $1))";
  return items(on, condition, user, max_rows);
}

listing notifications(db::executor& on, std::int64_t user, std::size_t max_rows) {
  return texts(
      on,
      fmt::format("SELECT format('%s %s %s %s %s %s %s %s', {}, a.did, n.reason, n.rkey, "
                  "coalesce(n.subject_id, 0), so.did, coalesce(s.collection, 0), s.rkey) {} "
                  "ORDER BY n.created_at DESC, n.author_id DESC, n.reason DESC, "
                  "n.rkey DESC, coalesce(n.subject_id, 0) DESC LIMIT $2",
                  micros_of("n.created_at"), shown_notifications),
      user, max_rows);
}

std::int64_t unread(db::executor& on, std::int64_t user, db::micros seen_at) {
  db::params p;
  p.int8(user).timestamptz(seen_at);
  const auto rows = must(
      on.exec(fmt::format("SELECT count(*) {} AND n.created_at > $2", shown_notifications), p));
  return rows.get_int8(0, 0);
}

listing followers(db::executor& on, std::int64_t user, std::size_t max_rows) {
  return people(on, "follows", "creator_id", "subject_id", "creator_id", user, max_rows);
}

listing follows(db::executor& on, std::int64_t user, std::size_t max_rows) {
  return people(on, "follows", "subject_id", "creator_id", "rkey", user, max_rows);
}

listing likes(db::executor& on, std::int64_t post, std::size_t max_rows) {
  return people(on, "likes", "creator_id", "subject_id", "creator_id", post, max_rows);
}

listing reposts(db::executor& on, std::int64_t post, std::size_t max_rows) {
  return people(on, "reposts", "creator_id", "subject_id", "creator_id", post, max_rows);
}

listing members(db::executor& on, std::int64_t list, std::size_t max_rows) {
  return people(on, "list_items", "subject_id", "list_id", "subject_id", list, max_rows);
}

listing quotes(db::executor& on, std::int64_t post, std::size_t max_rows) {
  return texts(on,
               "SELECT format('%s %s %s %s %s %s %s %s %s', p.id, a.did, u.rkey, p.text, "
               "(SELECT count(*) FROM likes WHERE subject_id = p.id AND NOT duplicate), "
               "(SELECT count(*) FROM reposts WHERE subject_id = p.id AND NOT duplicate), "
               "(SELECT count(*) FROM posts c WHERE c.reply_parent_id = p.id "
               "AND c.violates_thread_gate IS NOT TRUE), "
               "(SELECT count(*) FROM posts c WHERE c.quoted_id = p.id), "
               "CASE WHEN p.violates_embedding_rules OR p.id IN (SELECT unnest(detached) "
               "FROM post_gates WHERE id = p.quoted_id) THEN 'removed' END) "
               "FROM posts p JOIN uris u ON u.id = p.id JOIN users a ON a.id = p.creator_id "
               "WHERE p.quoted_id = $1 AND a.status IS NULL "
               "ORDER BY p.place DESC, p.id DESC LIMIT $2",
               post, max_rows);
}

std::vector<std::int64_t> ancestors(db::executor& on, std::int64_t post) {
  return ids(
      on,
      "WITH RECURSIVE t (id, parent, n) AS (SELECT p.id, p.reply_parent_id, 0::int8 "
      "FROM posts p JOIN users a ON a.id = p.creator_id WHERE p.id = $1 AND a.status IS NULL "
      "UNION ALL SELECT p.id, p.reply_parent_id, t.n + 1 FROM t JOIN posts p ON p.id = t.parent "
      "JOIN users a ON a.id = p.creator_id WHERE a.status IS NULL AND t.n < $2) "
      "SELECT id FROM t ORDER BY n DESC",
      post, 1000);
}

std::vector<std::int64_t> descendants(db::executor& on, std::int64_t post, std::int64_t depth) {
  return ids(on,
             "WITH RECURSIVE t (id, n) AS (SELECT p.id, 0::int8 FROM posts p JOIN users a "
             "ON a.id = p.creator_id WHERE p.id = $1 AND a.status IS NULL UNION ALL "
             "SELECT p.id, t.n + 1 FROM t JOIN posts p ON p.reply_parent_id = t.id JOIN users a "
             "ON a.id = p.creator_id WHERE a.status IS NULL AND p.violates_thread_gate IS NOT TRUE "
             "AND t.n < $2) SELECT id FROM t WHERE n > 0 ORDER BY id",
             post, depth);
}

std::vector<std::int64_t> hidden(db::executor& on, std::int64_t post, std::int64_t max_rows) {
  return ids(on,
             "SELECT p.id FROM posts p JOIN thread_gates g ON g.id = p.reply_root_id "
             "WHERE g.id = $1 AND p.id IN (SELECT unnest(g.hidden_replies)) ORDER BY p.id LIMIT $2",
             post, max_rows);
}

} // namespace prism::test::reference
