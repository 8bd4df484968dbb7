#include "db/reads/author_feed.hpp"

#include "db/reads/filtered_page.hpp"

namespace prism::reads {

namespace {

// The rows `f` of feed_items that the kind $5 shows.
constexpr std::string_view shown = R"sql(
        CROSS JOIN LATERAL (
          SELECT reply_parent_id, reply_root_id FROM posts WHERE id = f.post_id LIMIT 1
        ) p
        WHERE (
            f.repost_rkey IS NOT NULL OR p.reply_parent_id IS NULL OR $5::int2 = 0 /* of everything */
            OR $5 = 1 /* of author threads */
            AND (SELECT repo_id FROM uris WHERE id = p.reply_root_id) = o.id
          )
)sql";

constexpr std::string_view items_of_author = "feed_items WHERE originator_id = o.id";

const db::statement select_items{
    "author_feed",
    db::compose_sql(R"sql(
  SELECT {item_columns}
  FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL ({newest_shown}) i {item_lookups}
)sql",
                    {{"item_columns", item_columns},
                     {"item_lookups", item_lookups},
                     {"newest_shown", newest_shown},
                     {"columns", "f.originator_id, f.sort_at, f.post_id, f.repost_rkey"},
                     {"rows", items_of_author},
                     {"time", "sort_at"},
                     {"shown", shown}})};

const db::statement select_last_read{
    "author_feed_scan_end",
    db::compose_sql(last_read_sql, {{"rows", items_of_author}, {"time", "sort_at"}})};

// {flag} is a function of migration 0017; a partial index has its name.
const char* posts_with(std::string_view flag) {
  return db::compose_sql(R"sql(
  SELECT i.sort_at, i.cid, i.id, o.id, NULL::text, i.is_reply, i.is_quote
  FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL ({newest_first}) i
)sql",
                         {{"newest_first", newest_first},
                          {"columns", "id, cid, reply_parent_id IS NOT NULL AS is_reply, quoted_id "
                                      "IS NOT NULL AS is_quote"},
                          {"rows", "posts WHERE creator_id = o.id AND {flag}(embed)"},
                          {"time", sort_time},
                          {"flag", flag}});
}

const db::statement select_images{"author_feed_images", posts_with("embeds_images")};
const db::statement select_video{"author_feed_video", posts_with("embeds_video")};

[[nodiscard]] outcome<feed_page> media(session& on, const db::statement& select,
                                       std::string_view author_did,
                                       const std::optional<list_cursor>& after, std::size_t limit) {
  db::params p;
  p.text(author_did);
  add_list_params(p, after, limit);
  const auto rows = on.exec_prepared(select, p);
  if (!rows)
    return tl::unexpected(rows.error());
  auto items = read_feed_items(on, *rows);
  if (!items)
    return tl::unexpected(items.error());
  return cut_sorted(std::move(*items), after, limit);
}

/// A page of `select_items`.
/// @param rows that the filter looks at
[[nodiscard]] outcome<feed_page> items(session& on, std::string_view author_did,
                                       author_feed_kind kind,
                                       const std::optional<list_cursor>& after, std::size_t limit,
                                       std::size_t rows) {
  db::params p;
  p.text(author_did);
  add_list_params(p, after, limit);
  p.int2(static_cast<std::int16_t>(kind)).int8(limit_param(rows));
  const auto found =
      read_filtered(on, select_items, p, select_last_read, author_did, time_of(after), rows);
  if (!found)
    return tl::unexpected(found.error());
  auto read = read_feed_items(on, found->rows);
  if (!read)
    return tl::unexpected(read.error());
  auto out = cut_sorted(std::move(*read), after, limit);
  if (leave_last_read(out, found->last_read, &feed_item::sort_at))
    out.cursor = format_list_cursor({*found->last_read / 1000, std::string{after_every_cid}});
  return out;
}

} // namespace

outcome<feed_page> author_feed(session& on, std::string_view author_did, author_feed_kind kind,
                               const std::optional<list_cursor>& after, std::size_t limit) {
  if (limit == 0)
    return feed_page{};
  if (kind == author_feed_kind::images || kind == author_feed_kind::video)
    return media(on, kind == author_feed_kind::images ? select_images : select_video, author_did,
                 after, limit);
  return read_filtered_page(
      limit, [&](std::size_t rows) { return items(on, author_did, kind, after, limit, rows); });
}

} // namespace prism::reads
