#include "db/reads/list_feed.hpp"

#include "db/pg/statement.hpp"
#include "db/reads/uri_args.hpp"

#include <array>

namespace prism::reads {

namespace {

// The newest members that have not opted out.
constexpr std::string_view members = R"sql(
    SELECT m.subject_id AS id
    FROM {asked_uris}
    CROSS JOIN LATERAL (
      SELECT subject_id
      FROM list_items
      WHERE list_id = asked.id AND NOT duplicate AND least(created_at, commit_time) IS NOT NULL
      ORDER BY least(created_at, commit_time) DESC
      LIMIT (SELECT $9::int8)
    ) m
    LEFT JOIN LATERAL (
      SELECT true AS out
      FROM reference_list_opt_outs
      WHERE list_id = asked.id AND creator_id = m.subject_id AND NOT duplicate
        AND (SELECT purpose FROM lists WHERE id = asked.id) = 'app.bsky.graph.defs#referencelist'
      LIMIT 1
    ) r ON true
    WHERE r.out IS NULL
)sql";

const db::statement select_posts{
    "list_feed", newest_of_many_sql({
                     .originators = db::compose_sql(members, {{"asked_uris", asked_uris}}),
                     .rows = "posts WHERE creator_id = o.id",
                     .time = sort_time,
                     .columns = "id AS post_id, cid, reply_parent_id IS NOT NULL AS is_reply, "
                                "quoted_id IS NOT NULL AS is_quote",
                     .select = R"sql(
  SELECT i.sort_at, i.cid, i.post_id, i.originator_id, NULL::text, i.is_reply, i.is_quote
  FROM {newest_items} i
)sql",
                 })};

[[nodiscard]] outcome<feed_page> read_list_page(session& on, std::string_view list_uri,
                                                const std::optional<list_cursor>& after,
                                                std::size_t limit) {
  db::params p;
  add_uris(p, std::array{list_uri}, std::identity{});
  add_span(p, after, limit + 1);
  p.int8(limit_param(max_originators));
  const auto posts = on.exec_prepared(select_posts, p);
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
