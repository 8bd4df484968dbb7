#include "db/upkeep/upkeep.hpp"

#include "db/index/ids.hpp"
#include "db/pg/pipeline.hpp"
#include "db/pg/row_reader.hpp"

#include <array>

namespace prism::db {

namespace {

/// How one table of counts is compared and corrected. Rows and counts change in one transaction, so
/// in one snapshot they agree unless a count is wrong: comparing takes no lock. Only wrong counts
/// are locked, as batches lock them (docs/ORDER.md), counted again and corrected.
struct counted_table {
  const char* table;
  /// $1: last id of the previous batch, $2: limit. Reads the table that names the ids, not the
  /// counts, so that missing counts are found too.
  statement sample;
  statement compare; ///< $1: ids; gives those whose counts are wrong
  statement create;  ///< $1: ids in order; inserts missing rows
  statement lock;    ///< $1: ids; locks in order
  statement correct; ///< $1: ids; gives (id, text with the old and the new counts)
};

// Index: primary key of uris; likes_subject, reposts_subject, posts_reply_parent, posts_quoted.
constexpr std::string_view posts_counted = R"sql(
    SELECT i.id,
      (SELECT count(*) FROM likes t WHERE t.subject_id = i.id AND NOT t.duplicate)::int4 AS l,
      (SELECT count(*) FROM reposts t WHERE t.subject_id = i.id AND NOT t.duplicate)::int4 AS r,
      (SELECT count(*) FROM posts t
        WHERE t.reply_parent_id = i.id AND NOT coalesce(t.violates_thread_gate, false))::int4 AS p,
      (SELECT count(*) FROM posts t WHERE t.quoted_id = i.id)::int4 AS q
    FROM unnest($1::int8[]) AS i(id)
)sql";

const counted_table posts{
    "post_aggregates",
    {"sample_uris", R"sql(SELECT id FROM uris WHERE id > $1 ORDER BY id LIMIT $2)sql"},
    {"compare_post_counts", compose_sql(R"sql(
  SELECT c.id
  FROM ({counted}) c
  LEFT JOIN post_aggregates a ON a.post_id = c.id
  WHERE (c.l, c.r, c.p, c.q) <> (
    coalesce(a.like_count, 0), coalesce(a.repost_count, 0), coalesce(a.reply_count, 0),
    coalesce(a.quote_count, 0)
  )
  ORDER BY c.id
)sql",
                                        {{"counted", posts_counted}})},
    {"create_post_counts", R"sql(
  INSERT INTO post_aggregates(post_id)
  SELECT id
  FROM unnest($1::int8[]) AS i(id)
  ORDER BY id
  ON CONFLICT DO NOTHING
)sql"},
    {"lock_post_counts", R"sql(
  SELECT post_id
  FROM post_aggregates
  WHERE post_id = ANY($1)
  ORDER BY post_id
  FOR UPDATE
)sql"},
    {"correct_post_counts", compose_sql(R"sql(
  WITH c AS ({counted}),
  o AS (SELECT * FROM post_aggregates WHERE post_id = ANY($1))
  UPDATE post_aggregates a
  SET like_count = c.l, repost_count = c.r, reply_count = c.p, quote_count = c.q
  FROM c
  JOIN o ON o.post_id = c.id
  WHERE a.post_id = c.id
    AND (c.l, c.r, c.p, c.q) <> (o.like_count, o.repost_count, o.reply_count, o.quote_count)
  RETURNING a.post_id,
    format(
      'likes reposts replies quotes: %s %s %s %s, are %s %s %s %s', o.like_count, o.repost_count,
      o.reply_count, o.quote_count, c.l, c.r, c.p, c.q
    )
)sql",
                                        {{"counted", posts_counted}})}};

// Index: primary key of users; follows_subject, primary key of follows, posts_creator.
constexpr std::string_view users_counted = R"sql(
    SELECT i.id,
      (SELECT count(*) FROM follows t WHERE t.subject_id = i.id AND NOT t.duplicate)::int4 AS f,
      (SELECT count(*) FROM follows t WHERE t.creator_id = i.id AND NOT t.duplicate)::int4 AS g,
      (SELECT count(*) FROM posts t WHERE t.creator_id = i.id)::int4 AS p
    FROM unnest($1::int8[]) AS i(id)
)sql";

const counted_table users{
    "user_aggregates",
    {"sample_users", R"sql(SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2)sql"},
    {"compare_user_counts", compose_sql(R"sql(
  SELECT c.id
  FROM ({counted}) c
  LEFT JOIN user_aggregates a ON a.user_id = c.id
  WHERE (c.f, c.g, c.p) <> (
    coalesce(a.followers_count, 0), coalesce(a.follows_count, 0), coalesce(a.posts_count, 0)
  )
  ORDER BY c.id
)sql",
                                        {{"counted", users_counted}})},
    {"create_user_counts", R"sql(
  INSERT INTO user_aggregates(user_id)
  SELECT id
  FROM unnest($1::int8[]) AS i(id)
  ORDER BY id
  ON CONFLICT DO NOTHING
)sql"},
    {"lock_user_counts", R"sql(
  SELECT user_id
  FROM user_aggregates
  WHERE user_id = ANY($1)
  ORDER BY user_id
  FOR UPDATE
)sql"},
    {"correct_user_counts", compose_sql(R"sql(
  WITH c AS ({counted}),
  o AS (SELECT * FROM user_aggregates WHERE user_id = ANY($1))
  UPDATE user_aggregates a
  SET followers_count = c.f, follows_count = c.g, posts_count = c.p
  FROM c
  JOIN o ON o.user_id = c.id
  WHERE a.user_id = c.id
    AND (c.f, c.g, c.p) <> (o.followers_count, o.follows_count, o.posts_count)
  RETURNING a.user_id,
    format(
      'followers follows posts: %s %s %s, are %s %s %s', o.followers_count, o.follows_count,
      o.posts_count, c.f, c.g, c.p
    )
)sql",
                                        {{"counted", users_counted}})}};

// Index: list_items_member. The walk is over uris, since the uri of a list outlives the list.
constexpr std::string_view lists_counted = R"sql(
    SELECT i.id,
      (SELECT count(*) FROM list_items t WHERE t.list_id = i.id AND NOT t.duplicate)::int4 AS n
    FROM unnest($1::int8[]) AS i(id)
)sql";

const counted_table lists{
    "list_aggregates",
    {"sample_uris_of_lists", R"sql(SELECT id FROM uris WHERE id > $1 ORDER BY id LIMIT $2)sql"},
    {"compare_list_counts", compose_sql(R"sql(
  SELECT c.id
  FROM ({counted}) c
  LEFT JOIN list_aggregates a ON a.list_id = c.id
  WHERE c.n <> coalesce(a.member_count, 0)
  ORDER BY c.id
)sql",
                                        {{"counted", lists_counted}})},
    {"create_list_counts", R"sql(
  INSERT INTO list_aggregates(list_id)
  SELECT id
  FROM unnest($1::int8[]) AS i(id)
  ORDER BY id
  ON CONFLICT DO NOTHING
)sql"},
    {"lock_list_counts", R"sql(
  SELECT list_id
  FROM list_aggregates
  WHERE list_id = ANY($1)
  ORDER BY list_id
  FOR UPDATE
)sql"},
    {"correct_list_counts", compose_sql(R"sql(
  WITH c AS ({counted}),
  o AS (SELECT * FROM list_aggregates WHERE list_id = ANY($1))
  UPDATE list_aggregates a
  SET member_count = c.n
  FROM c
  JOIN o ON o.list_id = c.id
  WHERE a.list_id = c.id AND c.n <> o.member_count
  RETURNING a.list_id, format('members: %s, are %s', o.member_count, c.n)
)sql",
                                        {{"counted", lists_counted}})}};

const std::array tables{&posts, &users, &lists};

[[nodiscard]] outcome<std::vector<std::int64_t>> ids_of(outcome<result> rows) {
  if (!rows)
    return tl::unexpected(std::move(rows.error()));
  return read_rows<std::int64_t>(*rows, [](std::int64_t& id, row_reader& row) { row >> id; });
}

} // namespace

outcome<upkeep_report> audit_counts(executor& on, const upkeep_job& job) {
  const auto part = static_cast<std::size_t>(job.from.part);
  if (part >= tables.size())
    return upkeep_report{};
  const auto& table = *tables[part];
  params range;
  range.int8(job.from.at).int8(job.limit);
  const auto sample = ids_of(on.exec_prepared(table.sample, range));
  if (!sample)
    return tl::unexpected(sample.error());
  upkeep_report report;
  const bool table_done = static_cast<std::int64_t>(sample->size()) < job.limit;
  report.more = !table_done || part + 1 < tables.size();
  if (!table_done)
    report.next = {job.from.part, sample->back()};
  else if (report.more)
    report.next = {job.from.part + 1, 0};
  if (sample->empty())
    return report;
  const auto wrong = ids_of(on.exec_prepared(table.compare, ids_param(*sample)));
  if (!wrong)
    return tl::unexpected(wrong.error());
  if (wrong->empty())
    return report;
  pipeline pipe(on);
  pipe.add(table.create, ids_param(*wrong));
  pipe.add(table.lock, ids_param(*wrong));
  const auto corrected_at = pipe.add(table.correct, ids_param(*wrong));
  const auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  const auto& corrected = (*results)[corrected_at];
  report.rows = corrected.rows();
  report.findings = read_rows<upkeep_finding>(corrected, [&](upkeep_finding& out, row_reader& row) {
    out.table = table.table;
    row >> out.id >> out.text;
  });
  return report;
}

} // namespace prism::db
