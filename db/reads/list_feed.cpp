#include "db/reads/list_feed.hpp"

#include "db/reads/uri_args.hpp"

#include <array>

namespace prism::reads {

namespace {

const db::statement select_list_heads{"list_feed_heads",
                                      db::compose_sql(R"sql(
  SELECT m.subject_id, h.sort_at
  FROM {asked_uris}
  CROSS JOIN LATERAL (
    SELECT count(*) AS n
    FROM (
      SELECT
      FROM list_items
      WHERE list_id = asked.id AND NOT duplicate AND least(created_at, commit_time) IS NOT NULL
      LIMIT (SELECT $6::int8)
    ) t
  ) c
  CROSS JOIN LATERAL (
    SELECT subject_id
    FROM list_items
    WHERE list_id = asked.id AND NOT duplicate AND least(created_at, commit_time) IS NOT NULL
    ORDER BY least(created_at, commit_time) DESC
    LIMIT (SELECT $5::int8)
  ) m
  LEFT JOIN LATERAL (
    SELECT true AS out
    FROM reference_list_opt_outs
    WHERE list_id = asked.id AND creator_id = m.subject_id AND NOT duplicate
      AND (SELECT purpose FROM lists WHERE id = asked.id) = 'app.bsky.graph.defs#referencelist'
    LIMIT 1
  ) r ON true
  CROSS JOIN LATERAL (
    SELECT least(created_at, commit_time) AS sort_at
    FROM posts
    WHERE creator_id = m.subject_id AND least(created_at, commit_time) <= $4
    ORDER BY least(created_at, commit_time) DESC
    LIMIT {heads_each}
  ) h
  WHERE r.out IS NULL
)sql",
                                                      {{"asked_uris", asked_uris},
                                                       {"heads_each", heads_each},
                                                       {"n", "c.n"},
                                                       {"wanted", "$6::int8"}})};

const db::statement select_posts{
    "list_feed_posts", db::compose_sql(R"sql(
  SELECT i.sort_at, i.cid, i.id, o.id, NULL::text, i.is_reply, i.is_quote
  FROM unnest($5::int8[]) AS o(id)
  CROSS JOIN LATERAL {items_in_window} i
  LIMIT $6
)sql",
                                       {{"items_in_window", items_in_window},
                                        {"columns", "id, cid, reply_parent_id IS NOT NULL AS "
                                                    "is_reply, quoted_id IS NOT NULL AS is_quote"},
                                        {"rows", "posts WHERE creator_id = o.id"},
                                        {"time", sort_time}})};

[[nodiscard]] outcome<feed_page> read_list_page(session& on, std::string_view list_uri,
                                                const std::optional<list_cursor>& after,
                                                std::size_t limit) {
  const auto wanted = limit + 1;
  db::params of_heads;
  add_uris(of_heads, std::array{list_uri}, std::identity{});
  of_heads.timestamptz(time_of(after)).int8(limit_param(max_originators)).int8(limit_param(wanted));
  const auto heads = on.exec_prepared(select_list_heads, of_heads);
  if (!heads)
    return tl::unexpected(heads.error());
  const auto window = window_of(read_heads(*heads), after, wanted);
  if (window.originators.empty())
    return feed_page{};
  db::params of_posts;
  add_window(of_posts, after, window.begin, wanted);
  of_posts.int8_array(window.originators).int8(limit_param(max_window_items));
  const auto posts = on.exec_prepared(select_posts, of_posts);
  if (!posts)
    return tl::unexpected(posts.error());
  auto items = read_feed_items(on, *posts);
  if (!items)
    return tl::unexpected(items.error());
  return cut_sorted(std::move(*items), after, limit);
}

} // namespace

outcome<feed_page> list_feed(session& on, std::string_view list_uri,
                             const std::optional<list_cursor>& after, std::size_t limit,
                             const feed_exclusions& excluded) {
  return without(excluded, after, limit, [&](const auto& from, std::size_t rows) {
    return read_list_page(on, list_uri, from, rows);
  });
}

} // namespace prism::reads
