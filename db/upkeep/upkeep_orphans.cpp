#include "db/upkeep/upkeep.hpp"

#include <algorithm>
#include <array>

namespace prism::db {

namespace {

/// One table that is walked block by block: its rows have no short key, and no index is needed.
/// Row and cause are written, and deleted, in one transaction, so in one snapshot a row without
/// cause is an orphan, whatever goes on meanwhile.
struct walk {
  const char* table;
  const char* wrong; ///< what is wrong with the rows that it deletes
  std::int64_t rows_per_block;
  statement size;
  statement remove; ///< $1, $2: first block and the one behind the last, as tids
};

// A feed item lives by its post or its repost (a repost of what is no post has one as well).
const walk feed_items{
    "feed_items",
    "a feed item without post or repost",
    120,
    {"blocks_of_feed_items", "SELECT pg_relation_size('feed_items') / "
                             "current_setting('block_size')::int8"},
    {"orphaned_feed_items",
     "DELETE FROM feed_items f WHERE f.ctid >= $1::text::tid AND f.ctid < $2::text::tid AND NOT "
     "CASE WHEN f.repost_rkey IS NULL THEN EXISTS (SELECT FROM posts p WHERE p.id = f.post_id AND "
     "p.creator_id = f.originator_id) ELSE EXISTS (SELECT FROM reposts r WHERE r.creator_id = "
     "f.originator_id AND r.rkey = f.repost_rkey AND r.subject_id = f.post_id AND NOT "
     "r.duplicate) END RETURNING f.originator_id"}};

// A notification lives by the record that caused it; those of joins and verifications stay, as
// their reader's history. Numbers: db/batch/notification.hpp; 1 is collection::post.
const walk notifications{
    "notifications",
    "a notification without cause, or to nobody",
    90,
    {"blocks_of_notifications", "SELECT pg_relation_size('notifications') / "
                                "current_setting('block_size')::int8"},
    {"orphaned_notifications",
     "DELETE FROM notifications n WHERE n.ctid >= $1::text::tid AND n.ctid < $2::text::tid AND NOT "
     "(EXISTS (SELECT FROM users u WHERE u.id = n.recipient_id) AND CASE "
     "WHEN n.reason IN (1, 7) THEN EXISTS (SELECT FROM likes l WHERE l.creator_id = n.author_id "
     "AND l.rkey = n.rkey AND NOT l.duplicate) "
     "WHEN n.reason IN (2, 8) THEN EXISTS (SELECT FROM reposts r WHERE r.creator_id = n.author_id "
     "AND r.rkey = n.rkey AND NOT r.duplicate) "
     "WHEN n.reason = 3 THEN EXISTS (SELECT FROM follows f WHERE f.creator_id = n.author_id "
     "AND f.rkey = n.rkey AND NOT f.duplicate) "
     "WHEN n.reason IN (4, 5, 6) THEN EXISTS (SELECT FROM uris i JOIN posts p ON p.id = i.id "
     "WHERE i.repo_id = n.author_id AND i.collection = 1 AND i.rkey = n.rkey) "
     "ELSE EXISTS (SELECT FROM users u WHERE u.id = n.author_id) END) RETURNING n.recipient_id"}};

// Counts of a uri that is no post are right: a reply may come before what it answers. Only counts
// of what has no name are nobody's.
const walk post_aggregates{
    "post_aggregates",
    "counts of a uri that does not exist",
    130,
    {"blocks_of_post_aggregates", "SELECT pg_relation_size('post_aggregates') / "
                                  "current_setting('block_size')::int8"},
    {"orphaned_post_aggregates",
     "DELETE FROM post_aggregates a WHERE a.ctid >= $1::text::tid AND a.ctid < $2::text::tid AND "
     "NOT EXISTS (SELECT FROM uris u WHERE u.id = a.post_id) RETURNING a.post_id"}};

const walk user_aggregates{
    "user_aggregates",
    "counts of a user who does not exist",
    130,
    {"blocks_of_user_aggregates", "SELECT pg_relation_size('user_aggregates') / "
                                  "current_setting('block_size')::int8"},
    {"orphaned_user_aggregates",
     "DELETE FROM user_aggregates a WHERE a.ctid >= $1::text::tid AND a.ctid < $2::text::tid AND "
     "NOT EXISTS (SELECT FROM users u WHERE u.id = a.user_id) RETURNING a.user_id"}};

const walk list_aggregates{
    "list_aggregates",
    "counts of a uri that does not exist",
    180,
    {"blocks_of_list_aggregates", "SELECT pg_relation_size('list_aggregates') / "
                                  "current_setting('block_size')::int8"},
    {"orphaned_list_aggregates",
     "DELETE FROM list_aggregates a WHERE a.ctid >= $1::text::tid AND a.ctid < $2::text::tid AND "
     "NOT EXISTS (SELECT FROM uris u WHERE u.id = a.list_id) RETURNING a.list_id"}};

const std::array walks{&feed_items, &notifications, &post_aggregates, &user_aggregates,
                           &list_aggregates};

} // namespace

outcome<upkeep_report> audit_orphans(executor& on, const upkeep_job& job) {
  const auto part = static_cast<std::size_t>(job.from.part);
  if (part >= walks.size())
    return upkeep_report{};
  const auto& table = *walks[part];
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
    report.findings.push_back({table.table, gone->get_int8(i, 0), table.wrong});
  const bool table_done = end >= size->get_int8(0, 0);
  report.more = !table_done || part + 1 < walks.size();
  if (!table_done)
    report.next = {job.from.part, end};
  else if (report.more)
    report.next = {job.from.part + 1, 0};
  return report;
}

} // namespace prism::db
