#include "tests/integration/reads/feed_references.hpp"

#include "atproto/records/collection.hpp"
#include "db/batch/rebuild.hpp"
#include "db/reads/thread.hpp"
#include "tests/support/must.hpp"

#include <fmt/format.h>

namespace prism::test::reference {

namespace {

using kind = reads::author_feed_kind;

struct item {
  std::int64_t at{0};
  std::string cid;
  std::string uri;
  std::string repost;
  bool own{false};

  [[nodiscard]] bool newer_than(const item& other) const {
    return std::tie(at, cid) > std::tie(other.at, other.cid);
  }
};

/// Every collection's NSID by number, for SQL.
[[nodiscard]] std::string nsid_sql(const std::string& column) {
  std::string out = "CASE " + column;
  for (std::size_t i = 1; i < atproto::collection_count; ++i)
    out +=
        fmt::format(" WHEN {} THEN '{}'", i, atproto::nsid_of(static_cast<atproto::collection>(i)));
  return out + " END";
}

/// The uri of a row `u` of uris and its owner `a`, as SQL.
[[nodiscard]] std::string uri_sql(const std::string& u, const std::string& a) {
  return fmt::format("'at://' || {1}.did || '/' || {2} || '/' || {0}.rkey", u, a,
                     nsid_sql(u + ".collection"));
}

[[nodiscard]] db::result run(db::executor& on, const std::string& sql, const std::string& text) {
  db::params p;
  p.text(text);
  return must(on.exec(sql, p));
}

/// Rows of time, CID, uri, uri of the repost, whether it is an own one; newest first.
[[nodiscard]] std::vector<item> items(db::executor& on, const std::string& sql,
                                      const std::string& text) {
  const auto rows = run(on, sql, text);
  std::vector<item> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.push_back({rows.get_timestamptz(i, 0), db::unpack_cid(rows.get_bytea(i, 1)),
                   std::string{rows.get_text(i, 2)}, std::string{rows.get_text(i, 3)},
                   rows.get_bool(i, 4)});
  std::sort(out.begin(), out.end(),
            [](const item& left, const item& right) { return left.newer_than(right); });
  return out;
}

/// All rows `i` of feed_items that satisfy a condition on $1, the DID of a user `o`.
[[nodiscard]] std::vector<item> feed_items(db::executor& on, const std::string& condition,
                                           const std::string& did) {
  return items(
      on,
      fmt::format("SELECT i.sort_at, coalesce(r.cid, p.cid), {}, CASE WHEN i.repost_rkey IS "
                  "NOT NULL THEN 'at://' || g.did || '/app.bsky.feed.repost/' || "
                  "i.repost_rkey END, g.did = $1 FROM feed_items i "
                  "JOIN users g ON g.id = i.originator_id JOIN uris u ON u.id = i.post_id "
                  "JOIN users a ON a.id = u.repo_id LEFT JOIN posts p ON p.id = i.post_id "
                  "LEFT JOIN reposts r ON r.creator_id = i.originator_id "
                  "AND r.rkey = i.repost_rkey WHERE {}",
                  uri_sql("u", "a"), condition),
      did);
}

[[nodiscard]] listing texts(const std::vector<item>& rows, std::size_t max_rows) {
  listing out;
  for (const auto& each : rows) {
    if (out.size() == max_rows)
      break;
    out.push_back(fmt::format("{} {} {} {}", each.at, each.cid, each.uri, each.repost));
  }
  return out;
}

/// Up to one more than a page of those that are older than an item.
[[nodiscard]] std::vector<item> older(const std::vector<item>& rows, const item* than,
                                      std::size_t page) {
  std::vector<item> out;
  for (const auto& each : rows)
    if ((than == nullptr || than->newer_than(each)) && out.size() <= page)
      out.push_back(each);
  return out;
}

} // namespace

listing timeline(db::executor& on, const std::string& did, feed_reading how) {
  const auto own = feed_items(on,
                              "g.did = $1 AND NOT EXISTS (SELECT FROM follows f "
                              "WHERE f.creator_id = g.id AND f.subject_id = g.id "
                              "AND NOT f.duplicate)",
                              did);
  const auto followed = feed_items(on,
                                   "g.id IN (SELECT f.subject_id FROM follows f JOIN users o "
                                   "ON o.id = f.creator_id WHERE o.did = $1 AND NOT f.duplicate)",
                                   did);
  std::vector<item> out;
  std::optional<item> last;
  for (bool more = true; more && out.size() < how.max_rows;) {
    auto page = older(followed, last ? &*last : nullptr, how.page);
    const auto mine = older(own, last ? &*last : nullptr, how.page);
    const auto room = how.page - std::min(how.page, page.size());
    const auto most = std::max(std::min<std::size_t>(how.page, 10), room);
    page.insert(page.end(), mine.begin(),
                mine.begin() + static_cast<std::ptrdiff_t>(std::min(most, mine.size())));
    std::sort(page.begin(), page.end(),
              [](const item& left, const item& right) { return left.newer_than(right); });
    more = !page.empty() && (page.size() > how.page || mine.size() > most);
    page.resize(std::min(page.size(), how.page));
    out.insert(out.end(), page.begin(), page.end());
    if (!page.empty())
      last = page.back();
  }
  return texts(out, how.max_rows);
}

listing author_feed(db::executor& on, const std::string& did, kind which, feed_reading how) {
  std::string condition = "g.did = $1 AND p.id IS NOT NULL";
  if (which == kind::no_replies)
    condition += " AND (i.repost_rkey IS NOT NULL OR p.reply_parent_id IS NULL)";
  if (which == kind::author_threads)
    condition += " AND (i.repost_rkey IS NOT NULL OR p.reply_parent_id IS NULL OR p.reply_root_id "
                 "IN (SELECT id FROM uris WHERE repo_id = g.id))";
  const std::string images = "('app.bsky.embed.images', 'app.bsky.embed.gallery')";
  const std::string type = "coalesce(p.embed #>> '{media,$type}', p.embed ->> '$type')";
  if (which == kind::images)
    condition += " AND i.repost_rkey IS NULL AND " + type + " IN " + images;
  if (which == kind::video)
    condition += " AND i.repost_rkey IS NULL AND " + type + " = 'app.bsky.embed.video'";
  return texts(feed_items(on, condition, did), how.max_rows);
}

listing list_feed(db::executor& on, const std::string& list_uri, feed_reading how) {
  return texts(
      items(
          on,
          fmt::format("SELECT least(p.created_at, p.commit_time), p.cid, {}, '', false "
                      "FROM list_items t JOIN uris l ON l.id = t.list_id JOIN users o ON o.id = "
                      "l.repo_id JOIN posts p ON p.creator_id = t.subject_id JOIN uris u ON u.id = "
                      "p.id JOIN users a ON a.id = u.repo_id WHERE NOT t.duplicate AND {} = $1",
                      uri_sql("u", "a"), uri_sql("l", "o")),
          list_uri),
      how.max_rows);
}

listing notifications(db::executor& on, const std::string& did, bool only_followed,
                      feed_reading how) {
  // The collection of the record follows from the reason.
  constexpr const char* record =
      "CASE WHEN n.reason IN (1, 7) THEN 'feed.like' WHEN n.reason IN (2, 8) THEN 'feed.repost' "
      "WHEN n.reason = 3 THEN 'graph.follow' WHEN n.reason = 9 THEN 'actor.profile' WHEN n.reason "
      "IN (10, 11) THEN 'graph.verification' ELSE 'feed.post' END";
  constexpr const char* sql = R"sql(
    SELECT *
    FROM (
      SELECT (extract(epoch FROM n.created_at) * 1000000)::int8 AS at, n.reason,
        'at://' || a.did || '/app.bsky.' || {record} || '/' || n.rkey, {subject} AS subject,
        n.author_id IN (
          SELECT f.subject_id FROM follows f JOIN users r ON r.id = f.creator_id
          WHERE r.did = $1 AND NOT f.duplicate
        ) AS known, n.author_id, coalesce(n.subject_id, 0) AS subject_id, n.rkey
      FROM notifications n
      JOIN users o ON o.id = n.recipient_id
      JOIN users a ON a.id = n.author_id
      LEFT JOIN uris s ON s.id = n.subject_id
      LEFT JOIN users so ON so.id = s.repo_id
      WHERE o.did = $1 AND (
        s.id IS NULL OR EXISTS (SELECT FROM posts WHERE id = s.id)
        OR EXISTS (SELECT FROM feed_generators WHERE id = s.id)
        OR EXISTS (SELECT FROM lists WHERE id = s.id)
        OR EXISTS (SELECT FROM starter_packs WHERE id = s.id)
        OR s.collection = 3
        AND EXISTS (SELECT FROM reposts x WHERE x.creator_id = s.repo_id AND x.rkey = s.rkey)
        OR s.collection = 16
        AND EXISTS (SELECT FROM labelers x WHERE x.creator_id = s.repo_id AND x.rkey = s.rkey)
      )
    ) t
    {condition}
    ORDER BY at DESC, author_id DESC, reason DESC, subject_id DESC, rkey DESC
  )sql";
  const auto rows = run(on,
                        fmt::format(fmt::runtime(sql), fmt::arg("record", record),
                                    fmt::arg("subject", uri_sql("s", "so")),
                                    fmt::arg("condition", only_followed ? "WHERE known" : "")),
                        did);
  listing out;
  for (std::size_t i = 0; i < std::min(rows.rows(), how.max_rows); ++i)
    out.push_back(fmt::format("{} {} {} {} {}", rows.get_int8(i, 0), rows.get_int2(i, 1),
                              rows.get_text(i, 2), rows.get_text(i, 3),
                              rows.get_bool(i, 4) ? "followed" : ""));
  return out;
}

std::int64_t unread(db::executor& on, const std::string& did) {
  return run(on,
             "SELECT count(*) FROM notifications n JOIN users o ON o.id = n.recipient_id "
             "WHERE o.did = $1 AND o.indexed_at IS NOT NULL AND (n.reason NOT IN (10, 11) OR "
             "EXISTS "
             "(SELECT FROM verifications v WHERE v.creator_id = n.author_id AND v.rkey = n.rkey)) "
             "AND (n.reason <> 9 OR EXISTS (SELECT FROM profiles p "
             "WHERE p.creator_id = n.author_id AND p.rkey = n.rkey))",
             did)
      .get_int8(0, 0);
}

namespace {

/// Runs a statement with the table all_posts, which has a row for each post: its id, its parent's,
/// its place and its uri. With indexes, because a thread of 80 levels asks for it 80 times.
[[nodiscard]] listing uris(db::executor& on, const std::string& sql, const std::string& uri,
                           std::int64_t levels) {
  must(on.exec_script(fmt::format(
      "CREATE TEMP TABLE all_posts AS SELECT p.id, p.reply_parent_id AS parent, p.place, {} AS uri "
      "FROM posts p JOIN uris u ON u.id = p.id JOIN users a ON a.id = u.repo_id; "
      "CREATE INDEX ON all_posts (id); CREATE INDEX ON all_posts (parent); ANALYZE all_posts",
      uri_sql("u", "a"))));
  db::params p;
  p.text(uri).int8(levels);
  const auto rows = must(on.exec(sql, p));
  listing out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.emplace_back(rows.get_text(i, 0));
  must(on.exec_script("DROP TABLE all_posts"));
  return out;
}

} // namespace

listing above(db::executor& on, const std::string& uri, std::int64_t height) {
  return uris(on,
              "WITH RECURSIVE t AS (SELECT *, 0::int8 AS n FROM all_posts WHERE uri = $1 UNION ALL "
              "SELECT p.*, t.n + 1 FROM t JOIN all_posts p ON p.id = t.parent WHERE t.n < $2) "
              "SELECT uri FROM t ORDER BY n",
              uri, height);
}

// Cut level by level, and within one in the order of the parents, then the newest first.
listing below(db::executor& on, const std::string& uri, std::int64_t depth) {
  auto found = uris(on,
                    "WITH RECURSIVE t AS (SELECT *, 0::int8 AS n, '{}'::int8[] AS path "
                    "FROM all_posts WHERE uri = $1 UNION ALL "
                    "SELECT p.*, t.n + 1, t.path || -p.place "
                    "FROM t JOIN all_posts p ON p.parent = t.id WHERE t.n < $2) "
                    "SELECT uri FROM t WHERE n > 0 ORDER BY n, path LIMIT " +
                        std::to_string(reads::max_thread_replies),
                    uri, depth);
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace prism::test::reference
