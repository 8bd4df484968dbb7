#include "db/reads/timeline.hpp"

#include <array>

namespace prism::reads {

namespace {

const db::statement select_heads{
    "timeline_heads",
    db::compose_sql(R"sql(
  SELECT f.subject_id, h.sort_at
  FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL (
    SELECT count(*) AS n
    FROM (
      SELECT
      FROM follows
      WHERE creator_id = o.id AND NOT duplicate AND least(created_at, commit_time) IS NOT NULL
      LIMIT (SELECT $4::int8)
    ) t
  ) c
  CROSS JOIN LATERAL (
    SELECT subject_id
    FROM follows
    WHERE creator_id = o.id AND NOT duplicate AND subject_id <> o.id
      AND least(created_at, commit_time) IS NOT NULL
    ORDER BY least(created_at, commit_time) DESC
    LIMIT (SELECT $3::int8)
  ) f
  CROSS JOIN LATERAL (
    SELECT sort_at
    FROM feed_items
    WHERE originator_id = f.subject_id AND sort_at <= $2
    ORDER BY sort_at DESC
    LIMIT {heads_each}
  ) h
)sql",
                    {{"heads_each", heads_each}, {"n", "c.n"}, {"wanted", "$4::int8"}})};

const char* items_of(std::string_view originators) {
  return db::compose_sql(R"sql(
  SELECT {item_columns}
  FROM {originators}
  CROSS JOIN LATERAL {items_in_window} i {item_lookups}
  LIMIT $6
)sql",
                         {{"item_columns", item_columns},
                          {"originators", originators},
                          {"items_in_window", items_in_window},
                          {"item_lookups", item_lookups},
                          {"columns", "originator_id, post_id, repost_rkey"},
                          {"rows", "feed_items WHERE originator_id = o.id"},
                          {"time", "sort_at"}});
}

const db::statement select_items{"timeline_items", items_of(R"sql(
  unnest($5::int8[]) AS o(id)
  )sql")};

const db::statement select_own_items{"timeline_own_items",
                                     items_of("(SELECT id FROM users WHERE did = $5 LIMIT 1) o")};

/// Keeps the newest, in order.
[[nodiscard]] std::vector<feed_item>
newest(std::vector<feed_item> items, const std::optional<list_cursor>& after, std::size_t wanted) {
  return cut_sorted(std::move(items), after, wanted).rows;
}

/// @param followed, own each the newest, in order, and one more than the page can take if there is
/// one
[[nodiscard]] feed_page merge(std::vector<feed_item> followed, std::vector<feed_item> own,
                              const std::optional<list_cursor>& after, std::size_t limit) {
  const auto own_limit =
      std::max(std::min(limit, max_own_items), limit - std::min(followed.size(), limit));
  const bool more_own = own.size() > own_limit;
  if (more_own)
    own.resize(own_limit);
  followed.insert(followed.end(), std::make_move_iterator(own.begin()),
                  std::make_move_iterator(own.end()));
  auto out = cut_sorted(std::move(followed), after, limit);
  if (out.cursor.empty() && more_own && !out.rows.empty())
    out.cursor = format_list_cursor({out.rows.back().sort_at / 1000, out.rows.back().cid});
  return out;
}

[[nodiscard]] outcome<feed_page> read_page(session& on, std::string_view actor_did,
                                           const std::optional<list_cursor>& after,
                                           std::size_t limit) {
  const auto wanted = limit + 1;
  db::params of_heads;
  of_heads.text(actor_did)
      .timestamptz(time_of(after))
      .int8(limit_param(max_originators))
      .int8(limit_param(wanted));
  const auto heads = on.exec_prepared(select_heads, of_heads);
  if (!heads)
    return tl::unexpected(heads.error());
  const auto window = window_of(read_heads(*heads), after, wanted);
  db::params of_items;
  add_window(of_items, after, window.begin, wanted);
  of_items.int8_array(window.originators).int8(limit_param(max_window_items));
  // One more than may be shown says whether there are more.
  const auto own_wanted = window.full ? std::min(limit, max_own_items) + 1 : wanted;
  db::params of_own;
  add_window(of_own, after, begin_of_time, own_wanted);
  of_own.text(actor_did).int8(limit_param(max_window_items));
  const std::array requests{db::request{&select_items, nullptr, &of_items},
                            db::request{&select_own_items, nullptr, &of_own}};
  const auto found = on.round_trip(requests);
  if (!found)
    return tl::unexpected(found.error());
  auto followed = read_feed_items(on, (*found)[0]);
  if (!followed)
    return tl::unexpected(followed.error());
  auto own = read_feed_items(on, (*found)[1]);
  if (!own)
    return tl::unexpected(own.error());
  return merge(newest(std::move(*followed), after, wanted),
               newest(std::move(*own), after, own_wanted), after, limit);
}

} // namespace

outcome<feed_page> timeline(session& on, std::string_view actor_did,
                            const std::optional<list_cursor>& after, std::size_t limit,
                            const feed_exclusions& excluded) {
  return without(excluded, after, limit, [&](const auto& from, std::size_t rows) {
    return read_page(on, actor_did, from, rows);
  });
}

} // namespace prism::reads
