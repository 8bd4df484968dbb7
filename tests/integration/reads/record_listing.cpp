#include "tests/integration/reads/record_listing.hpp"

#include "db/batch/rebuild.hpp"
#include "db/reads/engagements.hpp"
#include "db/reads/lists.hpp"
#include "db/reads/people.hpp"
#include "tests/support/must.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace prism::test {

namespace {

/// Views for the queries below, of everything that is listed.
constexpr const char* make_views = R"sql(
  CREATE TEMP VIEW named AS
    SELECT u.id, 'at://' || o.did || '/' || CASE u.collection WHEN 1 THEN 'app.bsky.feed.post'
      WHEN 6 THEN 'app.bsky.feed.generator' WHEN 9 THEN 'app.bsky.graph.list'
      WHEN 12 THEN 'app.bsky.graph.starterpack' WHEN 3 THEN 'app.bsky.feed.repost' END || '/' || u.rkey AS uri
    FROM uris u JOIN users o ON o.id = u.repo_id;
  CREATE TEMP VIEW all_likes AS
    SELECT creator_id, subject_id, rkey, cid, created_at, commit_time FROM likes WHERE NOT duplicate
    UNION ALL SELECT creator_id, referent_id, rkey, cid, created_at, commit_time FROM pending_ops p
    WHERE collection = 2 AND NOT EXISTS (SELECT FROM pending_ops q WHERE q.collection = 2
      AND q.creator_id = p.creator_id AND q.referent_id = p.referent_id AND q.place < p.place);
  CREATE TEMP VIEW all_reposts AS
    SELECT creator_id, subject_id, rkey, cid, created_at, commit_time FROM reposts WHERE NOT duplicate
    UNION ALL SELECT creator_id, referent_id, rkey, cid, created_at, commit_time FROM pending_ops p
    WHERE collection = 3 AND NOT EXISTS (SELECT FROM pending_ops q WHERE q.collection = 3
      AND q.creator_id = p.creator_id AND q.referent_id = p.referent_id AND q.place < p.place);
)sql";

void need_views(db::executor& on) {
  if (must(on.exec("SELECT to_regclass('pg_temp.all_reposts') IS NULL")).get_bool(0, 0))
    must(on.exec_script(make_views));
}

[[nodiscard]] std::string text_of(std::int64_t ms, std::string_view cid, std::string_view uri,
                                  std::string_view other) {
  return fmt::format("{} {} {} {}", ms, cid, uri, other);
}

} // namespace

const std::vector<record_listing>& record_listings() {
  static const std::vector<record_listing> all{
      {"followers", reads::followers,
       "SELECT o.did AS key, t.*, 'at://' || c.did || '/app.bsky.graph.follow/' || t.rkey AS uri, "
       "'' AS other "
       "FROM follows t JOIN users o ON o.id = t.subject_id JOIN users c ON c.id = t.creator_id "
       "WHERE NOT t.duplicate AND c.indexed_at IS NOT NULL",
       "SELECT did FROM users"},
      {"follows", reads::follows,
       "SELECT c.did AS key, t.*, 'at://' || c.did || '/app.bsky.graph.follow/' || t.rkey AS uri, "
       "o.did AS other "
       "FROM follows t JOIN users o ON o.id = t.subject_id JOIN users c ON c.id = t.creator_id "
       "WHERE NOT t.duplicate AND o.indexed_at IS NOT NULL",
       "SELECT did FROM users"},
      {"likes_of", reads::likes_of,
       "SELECT s.uri AS key, t.cid, t.created_at, t.commit_time, "
       "'at://' || c.did || '/app.bsky.feed.like/' || t.rkey AS uri, '' AS other "
       "FROM all_likes t JOIN named s ON s.id = t.subject_id JOIN users c ON c.id = t.creator_id",
       "SELECT uri FROM named"},
      {"reposts_of", reads::reposts_of,
       "SELECT s.uri AS key, t.cid, t.created_at, t.commit_time, "
       "'at://' || c.did || '/app.bsky.feed.repost/' || t.rkey AS uri, '' AS other "
       "FROM all_reposts t JOIN named s ON s.id = t.subject_id JOIN users c ON c.id = t.creator_id",
       "SELECT uri FROM named"},
      {"quotes_of", reads::quotes_of,
       "SELECT s.uri AS key, t.cid, t.created_at, t.commit_time, n.uri, '' AS other "
       "FROM posts t JOIN named s ON s.id = t.quoted_id JOIN named n ON n.id = t.id "
       "WHERE t.quoted_id IN (SELECT id FROM posts)",
       "SELECT uri FROM named"},
      {"likes_by", reads::likes_by,
       "SELECT c.did AS key, t.cid, t.created_at, t.commit_time, "
       "'at://' || c.did || '/app.bsky.feed.like/' || t.rkey AS uri, s.uri AS other "
       "FROM all_likes t JOIN named s ON s.id = t.subject_id JOIN users c ON c.id = t.creator_id",
       "SELECT did FROM users"},
      {"reposts_by", reads::reposts_by,
       "SELECT c.did AS key, t.cid, t.created_at, t.commit_time, "
       "'at://' || c.did || '/app.bsky.feed.repost/' || t.rkey AS uri, s.uri AS other "
       "FROM all_reposts t JOIN named s ON s.id = t.subject_id JOIN users c ON c.id = t.creator_id",
       "SELECT did FROM users"},
      {"lists_by", reads::lists_by,
       "SELECT c.did AS key, t.cid, t.created_at, t.commit_time, n.uri, '' AS other "
       "FROM lists t JOIN named n USING (id) JOIN users c ON c.id = t.creator_id",
       "SELECT did FROM users"},
      {"feeds_by", reads::feeds_by,
       "SELECT c.did AS key, t.cid, t.created_at, t.created_at AS commit_time, n.uri, '' AS other "
       "FROM feed_generators t JOIN named n USING (id) JOIN users c ON c.id = t.creator_id",
       "SELECT did FROM users"},
      {"starter_packs_by", reads::starter_packs_by,
       "SELECT c.did AS key, t.cid, t.created_at, t.commit_time, n.uri, '' AS other "
       "FROM starter_packs t JOIN named n USING (id) JOIN users c ON c.id = t.creator_id",
       "SELECT did FROM users"},
      {"blocks_by", reads::blocks_by,
       "SELECT c.did AS key, t.*, 'at://' || c.did || '/app.bsky.graph.block/' || t.rkey AS uri, "
       "'' AS other "
       "FROM blocks t JOIN users c ON c.id = t.creator_id WHERE NOT t.duplicate",
       "SELECT did FROM users"},
      {"list_members",
       [](db::executor& on, std::string_view of, const reads::page_request& page) {
         return reads::list_members(on, of, {}, page);
       },
       "SELECT s.uri AS key, t.cid, t.created_at, t.commit_time, "
       "'at://' || c.did || '/app.bsky.graph.listitem/' || t.rkey AS uri, o.did AS other "
       "FROM list_items t JOIN named s ON s.id = t.list_id JOIN users c ON c.id = t.creator_id "
       "JOIN users o ON o.id = t.subject_id WHERE NOT t.duplicate",
       "SELECT uri FROM named WHERE id IN (SELECT id FROM lists)"},
      {"blocking_lists", reads::blocking_lists,
       "SELECT o.did AS key, t.cid, t.created_at, t.created_at AS commit_time, n.uri, '' AS other "
       "FROM list_blocks b JOIN lists t ON t.id = b.list_id JOIN named n ON n.id = t.id "
       "JOIN users o ON o.id = b.creator_id WHERE NOT b.duplicate",
       "SELECT did FROM users"},
  };
  return all;
}

std::vector<std::string> read_listing(db::executor& on, const record_listing& list,
                                      std::string_view of, std::size_t page, std::size_t max_rows) {
  std::vector<std::string> out;
  reads::page_request asked{std::nullopt, page};
  for (;;) {
    const auto found = must(list.read(on, of, asked));
    CHECK(found.rows.size() <= page);
    for (const auto& each : found.rows)
      if (out.size() < max_rows)
        out.push_back(text_of(each.sort_at / 1000, each.cid, each.uri, each.other));
    if (found.cursor.empty() || out.size() >= max_rows)
      return out;
    asked.after = reads::parse_list_cursor(found.cursor).value();
  }
}

std::vector<std::string> reference_listing(db::executor& on, const record_listing& list,
                                           std::string_view of, std::size_t max_rows) {
  need_views(on);
  db::params p;
  p.text(of);
  const auto rows = must(on.exec(
      fmt::format("SELECT (extract(epoch FROM least(created_at, commit_time)) * 1000)::int8, "
                  "cid, uri, other FROM ({}) t WHERE key = $1",
                  list.reference),
      p));
  std::vector<std::tuple<std::int64_t, std::string, std::string, std::string>> found;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    found.emplace_back(rows.get_int8(i, 0), db::unpack_cid(rows.get_bytea(i, 1)),
                       rows.get_text(i, 2), rows.get_text(i, 3));
  const std::string_view name = list.name;
  const bool ties_ascend = name == "likes_of" || name == "reposts_of";
  std::ranges::sort(found, [&](const auto& left, const auto& right) {
    const auto place = [](const auto& row) { return std::tie(std::get<0>(row), std::get<1>(row)); };
    return ties_ascend && place(left) == place(right) ? left < right : left > right;
  });
  std::vector<std::string> out;
  for (const auto& [ms, cid, uri, other] : found)
    if (out.size() < max_rows)
      out.push_back(text_of(ms, cid, uri, other));
  return out;
}

std::vector<std::string> keys_of(db::executor& on, const record_listing& list, std::size_t limit) {
  need_views(on);
  const auto rows = must(on.exec(fmt::format("{} ORDER BY id LIMIT {}", list.keys, limit)));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.emplace_back(rows.get_text(i, 0));
  return out;
}

} // namespace prism::test
