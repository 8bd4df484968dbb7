#include "db/reads/counts.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/uri_args.hpp"

namespace prism::reads {

namespace {

const db::statement select_interactions{"counts_of_interactions",
                                        db::compose_sql(R"sql(
  SELECT asked.at, c.like_count, c.repost_count, c.reply_count, c.quote_count
  FROM {asked_uris}
  CROSS JOIN LATERAL (SELECT * FROM post_aggregates WHERE post_id = asked.id LIMIT 1) c
)sql",
                                                        {{"asked_uris", asked_uris}})};

const db::statement select_users{"counts_of_users", R"sql(
  SELECT n.at, coalesce(a.posts_count, 0), coalesce(a.follows_count, 0),
    coalesce(a.followers_count, 0),
    (SELECT count(*)::int4 FROM (
      SELECT FROM lists WHERE creator_id = u.id LIMIT (SELECT $2::int8)) t),
    (SELECT count(*)::int4 FROM (
      SELECT FROM feed_generators WHERE creator_id = u.id LIMIT (SELECT $2::int8)) t),
    (SELECT count(*)::int4 FROM (
      SELECT FROM starter_packs WHERE creator_id = u.id LIMIT (SELECT $2::int8)) t)
  FROM unnest($1::text[]) WITH ORDINALITY AS n(did, at)
  CROSS JOIN LATERAL (SELECT id FROM users WHERE did = n.did LIMIT 1) u
  LEFT JOIN LATERAL (SELECT * FROM user_aggregates WHERE user_id = u.id LIMIT 1) a ON true
)sql"};

const db::statement select_lists{"counts_of_lists", db::compose_sql(R"sql(
  SELECT asked.at, c.member_count
  FROM {asked_uris}
  CROSS JOIN LATERAL (SELECT * FROM list_aggregates WHERE list_id = asked.id LIMIT 1) c
)sql",
                                                                    {{"asked_uris", asked_uris}})};

const db::statement select_joined{"counts_of_joined",
                                  db::compose_sql(R"sql(
  SELECT asked.at, j.everybody, j.recent
  FROM {asked_uris}
  CROSS JOIN LATERAL (
    SELECT count(*)::int4 AS everybody,
      count(*) FILTER (WHERE coalesce(created_at, commit_time) > $4)::int4 AS recent
    FROM (
      SELECT created_at, commit_time
      FROM profiles
      WHERE joined_via_id = asked.id AND rkey = 'self'
      ORDER BY commit_time DESC
      LIMIT (SELECT $5::int8)
    ) t
  ) j
)sql",
                                                  {{"asked_uris", asked_uris}})};

/// Runs a statement whose first column is the place of an argument, from 1.
template <class Row, class Read>
[[nodiscard]] db::outcome<std::vector<Row>>
by_place(db::executor& on, const db::statement& statement, const db::params& p,
         std::size_t arguments, Read read) {
  const auto rows = on.exec_prepared(statement, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<Row> out(arguments);
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    db::row_reader row(*rows, i);
    std::int64_t at = 0;
    row >> at;
    read(out[static_cast<std::size_t>(at - 1)], row);
  }
  return out;
}

} // namespace

db::outcome<std::vector<interaction_counts>>
interaction_counts_of(db::executor& on, std::span<const std::string_view> uris) {
  db::params p;
  add_uris(p, uris, std::identity{});
  return by_place<interaction_counts>(
      on, select_interactions, p, uris.size(), [](interaction_counts& out, db::row_reader& row) {
        row >> out.likes >> out.reposts >> out.replies >> out.quotes;
      });
}

db::outcome<std::vector<user_counts>> user_counts_of(db::executor& on,
                                                     std::span<const std::string_view> dids) {
  db::params p;
  p.text_array(dids).int8(max_counted);
  return by_place<user_counts>(on, select_users, p, dids.size(),
                               [](user_counts& out, db::row_reader& row) {
                                 row >> out.posts >> out.follows >> out.followers >> out.lists >>
                                     out.feeds >> out.starter_packs;
                               });
}

db::outcome<std::vector<std::int32_t>> list_counts_of(db::executor& on,
                                                      std::span<const std::string_view> uris) {
  db::params p;
  add_uris(p, uris, std::identity{});
  return by_place<std::int32_t>(on, select_lists, p, uris.size(),
                                [](std::int32_t& out, db::row_reader& row) { row >> out; });
}

db::outcome<std::vector<joined_counts>>
joined_counts_of(db::executor& on, std::span<const std::string_view> uris, db::micros since) {
  db::params p;
  add_uris(p, uris, std::identity{});
  p.timestamptz(since).int8(max_joined);
  return by_place<joined_counts>(
      on, select_joined, p, uris.size(),
      [](joined_counts& out, db::row_reader& row) { row >> out.all >> out.recent; });
}

} // namespace prism::reads
