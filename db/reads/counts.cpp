#include "db/reads/counts.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/ordinal.hpp"
#include "db/reads/page.hpp"

namespace prism::reads {

namespace {

const db::statement select_interactions{"counts_of_interactions", R"sql(
  SELECT asked.at, c.like_count, c.repost_count, c.reply_count, c.quote_count
  FROM unnest($1::int8[]) WITH ORDINALITY AS asked(id, at)
  CROSS JOIN LATERAL (SELECT * FROM post_aggregates WHERE post_id = asked.id LIMIT 1) c
)sql"};

const db::statement select_users{"counts_of_users", R"sql(
  SELECT u.at, coalesce(a.posts_count, 0), coalesce(a.follows_count, 0),
    coalesce(a.followers_count, 0),
    (SELECT count(*)::int4 FROM (
      SELECT FROM lists WHERE creator_id = u.id LIMIT (SELECT $2::int8)) t),
    (SELECT count(*)::int4 FROM (
      SELECT FROM feed_generators WHERE creator_id = u.id LIMIT (SELECT $2::int8)) t),
    (SELECT count(*)::int4 FROM (
      SELECT FROM starter_packs WHERE creator_id = u.id LIMIT (SELECT $2::int8)) t)
  FROM unnest($1::int8[]) WITH ORDINALITY AS u(id, at)
  LEFT JOIN LATERAL (SELECT * FROM user_aggregates WHERE user_id = u.id LIMIT 1) a ON true
)sql"};

const db::statement select_lists{"counts_of_lists", R"sql(
  SELECT asked.at, c.member_count
  FROM unnest($1::int8[]) WITH ORDINALITY AS asked(id, at)
  CROSS JOIN LATERAL (SELECT * FROM list_aggregates WHERE list_id = asked.id LIMIT 1) c
)sql"};

const db::statement select_joined{"counts_of_joined", R"sql(
  SELECT asked.at, j.everybody, j.recent
  FROM unnest($1::int8[]) WITH ORDINALITY AS asked(id, at)
  CROSS JOIN LATERAL (
    SELECT count(*)::int4 AS everybody,
      count(*) FILTER (WHERE coalesce(created_at, commit_time) > $2)::int4 AS recent
    FROM (
      SELECT created_at, commit_time
      FROM profiles
      WHERE joined_via_id = asked.id AND rkey = 'self'
      ORDER BY commit_time DESC
      LIMIT (SELECT $3::int8)
    ) t
  ) j
)sql"};

/// Runs a statement whose first column is the place of an argument, from 1.
/// @param asked $1
/// @param more its other parameters are added by it
template <class Row, class More, class Read>
[[nodiscard]] db::outcome<std::vector<Row>> by_place(session& on, const db::statement& statement,
                                                     const outcome<ids>& asked, More more,
                                                     Read read) {
  if (!asked)
    return tl::unexpected(asked.error());
  db::params p;
  p.int8_array(*asked);
  more(p);
  const auto rows = on.exec_prepared(statement, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<Row> out(asked->size());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    db::row_reader row(*rows, i);
    std::size_t at = 0;
    row >> db::ordinal(at);
    read(out[at], row);
  }
  return out;
}

constexpr auto nothing_more = [](db::params&) {};

} // namespace

db::outcome<std::vector<interaction_counts>>
interaction_counts_of(session& on, std::span<const std::string_view> uris) {
  return by_place<interaction_counts>(on, select_interactions, ids_of_uris(on, uris), nothing_more,
                                      [](interaction_counts& out, db::row_reader& row) {
                                        row >> out.likes >> out.reposts >> out.replies >>
                                            out.quotes;
                                      });
}

db::outcome<std::vector<user_counts>> user_counts_of(session& on,
                                                     std::span<const std::string_view> dids) {
  return by_place<user_counts>(
      on, select_users, ids_of_dids(on, dids), [](db::params& p) { p.int8(max_counted); },
      [](user_counts& out, db::row_reader& row) {
        row >> out.posts >> out.follows >> out.followers >> out.lists >> out.feeds >>
            out.starter_packs;
      });
}

db::outcome<std::vector<std::int32_t>> list_counts_of(session& on,
                                                      std::span<const std::string_view> uris) {
  return by_place<std::int32_t>(on, select_lists, ids_of_uris(on, uris), nothing_more,
                                [](std::int32_t& out, db::row_reader& row) { row >> out; });
}

db::outcome<std::vector<joined_counts>>
joined_counts_of(session& on, std::span<const std::string_view> uris, db::micros since) {
  const auto most =
      std::min(max_joined, max_joined_of_call / std::max<std::size_t>(uris.size(), 1));
  return by_place<joined_counts>(
      on, select_joined, ids_of_uris(on, uris),
      [&](db::params& p) { p.timestamptz(since).int8(limit_param(most)); },
      [](joined_counts& out, db::row_reader& row) { row >> out.all >> out.recent; });
}

} // namespace prism::reads
