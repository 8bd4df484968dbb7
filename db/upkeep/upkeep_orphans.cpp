#include "db/upkeep/upkeep.hpp"

#include <algorithm>
#include <array>

namespace prism::db {

namespace {

/// One table that is read block by block, since its rows have no short key; that needs no index. A
/// row and its cause are written and deleted in one transaction, so a row without its cause in one
/// snapshot is an orphan, even while batches are being written.
struct orphan_scan {
  const char* table;
  const char* text; ///< what is wrong with the deleted rows; for logs
  std::int64_t rows_per_block;
  statement size;
  statement remove; ///< $1, $2: first block and the one after the last, as tids; gives ids
};

// The cause of a feed item is its post or its repost (also a repost of a record that is no post).
const orphan_scan feed_items{"feed_items",
                             "a feed item without post or repost",
                             120,
                             {"blocks_of_feed_items", R"sql(
  SELECT pg_relation_size('feed_items') / current_setting('block_size')::int8
)sql"},
                             {"orphaned_feed_items", R"sql(
  DELETE FROM feed_items f
  WHERE f.ctid >= $1::text::tid AND f.ctid < $2::text::tid AND NOT CASE
    WHEN f.repost_rkey IS NULL THEN EXISTS (
      SELECT FROM posts p
      WHERE p.id = f.post_id AND p.creator_id = f.originator_id
    )
    ELSE EXISTS (
      SELECT FROM reposts r
      WHERE r.creator_id = f.originator_id AND r.rkey = f.repost_rkey AND r.subject_id = f.post_id
        AND NOT r.duplicate
    ) END
  RETURNING f.originator_id
)sql"}};

// The cause of a notification is its record. Notifications of joins and verifications stay after
// their record is deleted; they need only an author.
const orphan_scan notifications{"notifications",
                                "a notification without cause or recipient",
                                90,
                                {"blocks_of_notifications", R"sql(
  SELECT pg_relation_size('notifications') / current_setting('block_size')::int8
)sql"},
                                {"orphaned_notifications", R"sql(
  DELETE FROM notifications n
  WHERE n.ctid >= $1::text::tid AND n.ctid < $2::text::tid
    AND NOT (
      EXISTS (SELECT FROM users u WHERE u.id = n.recipient_id) AND CASE
      WHEN n.reason IN (1 /* like */, 7 /* like_via_repost */) THEN EXISTS (
        SELECT FROM likes l
        WHERE l.creator_id = n.author_id AND l.rkey = n.rkey AND NOT l.duplicate
      )
      WHEN n.reason IN (2 /* repost */, 8 /* repost_via_repost */) THEN EXISTS (
        SELECT FROM reposts r
        WHERE r.creator_id = n.author_id AND r.rkey = n.rkey AND NOT r.duplicate
      )
      WHEN n.reason = 3 /* follow */ THEN EXISTS (
        SELECT FROM follows f
        WHERE f.creator_id = n.author_id AND f.rkey = n.rkey AND NOT f.duplicate
      )
      WHEN n.reason IN (4 /* mention */, 5 /* reply */, 6 /* quote */) THEN EXISTS (
        SELECT FROM uris i
        JOIN posts p ON p.id = i.id
        WHERE i.repo_id = n.author_id AND i.collection = 1 /* post */ AND i.rkey = n.rkey
      )
      ELSE EXISTS (SELECT FROM users u WHERE u.id = n.author_id) END
    )
  RETURNING n.recipient_id
)sql"}};

// Counts of a uri that is not indexed are right, since a reply can arrive before its parent. Counts
// of an id that is no uri are orphans.
const orphan_scan post_aggregates{"post_aggregates",
                                  "counts of a uri that does not exist",
                                  130,
                                  {"blocks_of_post_aggregates", R"sql(
  SELECT pg_relation_size('post_aggregates') / current_setting('block_size')::int8
)sql"},
                                  {"orphaned_post_aggregates", R"sql(
  DELETE FROM post_aggregates a
  WHERE a.ctid >= $1::text::tid AND a.ctid < $2::text::tid
    AND NOT EXISTS (SELECT FROM uris u WHERE u.id = a.post_id)
  RETURNING a.post_id
)sql"}};

const orphan_scan user_aggregates{"user_aggregates",
                                  "counts of a user who does not exist",
                                  130,
                                  {"blocks_of_user_aggregates", R"sql(
  SELECT pg_relation_size('user_aggregates') / current_setting('block_size')::int8
)sql"},
                                  {"orphaned_user_aggregates", R"sql(
  DELETE FROM user_aggregates a
  WHERE a.ctid >= $1::text::tid AND a.ctid < $2::text::tid
    AND NOT EXISTS (SELECT FROM users u WHERE u.id = a.user_id)
  RETURNING a.user_id
)sql"}};

const orphan_scan list_aggregates{"list_aggregates",
                                  "counts of a uri that does not exist",
                                  180,
                                  {"blocks_of_list_aggregates", R"sql(
  SELECT pg_relation_size('list_aggregates') / current_setting('block_size')::int8
)sql"},
                                  {"orphaned_list_aggregates", R"sql(
  DELETE FROM list_aggregates a
  WHERE a.ctid >= $1::text::tid AND a.ctid < $2::text::tid
    AND NOT EXISTS (SELECT FROM uris u WHERE u.id = a.list_id)
  RETURNING a.list_id
)sql"}};

const std::array scans{&feed_items, &notifications, &post_aggregates, &user_aggregates,
                       &list_aggregates};

} // namespace

outcome<upkeep_report> audit_orphans(executor& on, const upkeep_job& job) {
  const auto part = static_cast<std::size_t>(job.from.part);
  if (part >= scans.size())
    return upkeep_report{};
  const auto& table = *scans[part];
  const auto size = on.exec_prepared(table.size);
  if (!size)
    return tl::unexpected(size.error());
  const auto end = job.from.at + std::max<std::int64_t>(1, job.limit / table.rows_per_block);
  params p;
  p.text(fmt::format("({},0)", job.from.at)).text(fmt::format("({},0)", end));
  const auto gone = on.exec_prepared(table.remove, p);
  if (!gone)
    return tl::unexpected(gone.error());
  upkeep_report report;
  report.rows = gone->rows();
  for (std::size_t i = 0; i < gone->rows(); ++i)
    report.findings.push_back({table.table, gone->get_int8(i, 0), table.text});
  const bool table_done = end >= size->get_int8(0, 0);
  report.more = !table_done || part + 1 < scans.size();
  if (!table_done)
    report.next = {job.from.part, end};
  else if (report.more)
    report.next = {job.from.part + 1, 0};
  return report;
}

} // namespace prism::db
