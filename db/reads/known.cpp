#include "db/reads/known.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/ordinal.hpp"
#include "db/reads/page.hpp"
#include "db/reads/uri_args.hpp"

#include <algorithm>
#include <functional>

namespace prism::reads {

namespace {

const db::statement select_known_followers{"known_followers", R"sql(
  SELECT a.at, u.did
  FROM (
    SELECT n.at, s.id,
      (SELECT id FROM users WHERE did = $2) AS viewer,
      coalesce((SELECT followers_count FROM user_aggregates WHERE user_id = s.id), 0)
        < least(coalesce((SELECT follows_count FROM user_aggregates
                          WHERE user_id = (SELECT id FROM users WHERE did = $2)), 0), 5000) AS few
    FROM unnest($1::text[]) WITH ORDINALITY AS n(did, at)
    CROSS JOIN LATERAL (SELECT id FROM users WHERE did = n.did LIMIT 1) s
    OFFSET 0
  ) a
  CROSS JOIN LATERAL (
    SELECT f.id
    FROM (
      SELECT creator_id AS id
      FROM follows
      WHERE subject_id = a.id AND NOT duplicate
      LIMIT (SELECT 5000::int8)
    ) f
    CROSS JOIN LATERAL (
      SELECT FROM follows
      WHERE subject_id = f.id AND creator_id = a.viewer AND NOT duplicate
      LIMIT 1
    ) k
    WHERE a.few
    UNION ALL
    SELECT f.id
    FROM (
      SELECT subject_id AS id
      FROM follows
      WHERE creator_id = a.viewer AND NOT duplicate
        AND least(created_at, commit_time) IS NOT NULL
      ORDER BY least(created_at, commit_time) DESC
      LIMIT (SELECT 5000::int8)
    ) f
    CROSS JOIN LATERAL (
      SELECT FROM follows
      WHERE subject_id = a.id AND creator_id = f.id AND NOT duplicate
      LIMIT 1
    ) k
    WHERE NOT a.few
  ) known
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = known.id LIMIT 1) u
  LIMIT (SELECT $3::int8)
)sql"};

const db::statement select_likers{"known_likers", db::compose_sql(R"sql(
  SELECT k.at, k.count, u.did
  FROM (
    SELECT asked.at, l.count, l.ids
    FROM {asked_uris}
    CROSS JOIN LATERAL (
      SELECT count(*)::int4 AS count, (array_agg(creator_id))[1:$5] AS ids
      FROM (
        SELECT creator_id
        FROM likes
        WHERE subject_id = asked.id AND NOT duplicate
          AND least(created_at, commit_time) IS NOT NULL
        ORDER BY least(created_at, commit_time) DESC
        LIMIT (SELECT 500::int8)
      ) t
      CROSS JOIN LATERAL (
        SELECT FROM follows
        WHERE subject_id = t.creator_id AND creator_id = (SELECT id FROM users WHERE did = $4)
          AND NOT duplicate
        LIMIT 1
      ) f
    ) l
    OFFSET 0
  ) k
  CROSS JOIN LATERAL unnest(k.ids) AS i(id)
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = i.id LIMIT 1) u
  LIMIT (SELECT $6::int8)
)sql",
                                                                  {{"asked_uris", asked_uris}})};

} // namespace

outcome<std::vector<std::vector<std::string>>>
known_followers(executor& on, std::string_view viewer, std::span<const std::string_view> accounts) {
  std::vector<std::vector<std::string>> out(accounts.size());
  if (accounts.empty())
    return out;
  db::params p;
  p.text_array(accounts).text(viewer).int8(limit_param(max_known + 1));
  const auto rows = on.exec_prepared(select_known_followers, p);
  if (!rows)
    return tl::unexpected(rows.error());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::size_t at = 0;
    std::string did;
    db::row_reader(*rows, i) >> db::ordinal(at) >> did;
    out[at].push_back(std::move(did));
  }
  return out;
}

outcome<std::vector<known_likers>> known_likers_of(executor& on, std::string_view viewer,
                                                   std::span<const std::string_view> subjects,
                                                   std::int32_t limit) {
  constexpr std::int32_t max_likers = 500;
  std::vector<known_likers> out(subjects.size());
  if (subjects.empty() || limit <= 0)
    return out;
  db::params p;
  add_uris(p, subjects, std::identity{});
  p.text(viewer).int4(std::min(limit, max_likers)).int8(limit_param(max_known + 1));
  const auto rows = on.exec_prepared(select_likers, p);
  if (!rows)
    return tl::unexpected(rows.error());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::size_t at = 0;
    std::int32_t count = 0;
    std::string did;
    db::row_reader(*rows, i) >> db::ordinal(at) >> count >> did;
    auto& each = out[at];
    each.count = count;
    each.dids.push_back(std::move(did));
  }
  return out;
}

} // namespace prism::reads
