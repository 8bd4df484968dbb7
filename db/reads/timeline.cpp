#include "db/reads/timeline.hpp"

#include "db/pg/statement.hpp"

#include <algorithm>

namespace prism::reads {

namespace {

// The newest that the user follows.
constexpr std::string_view followed = R"sql(
    SELECT f.subject_id AS id
    FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) o
    CROSS JOIN LATERAL (
      SELECT subject_id
      FROM follows
      WHERE creator_id = o.id AND NOT duplicate
        AND least(created_at, commit_time) IS NOT NULL
      ORDER BY least(created_at, commit_time) DESC
      LIMIT (SELECT $3::int8)
    ) f
)sql";

// The last column says whether it is the user's own item.
constexpr std::string_view followed_and_own = R"sql(
  SELECT {item_columns}, i.own
  FROM (
    SELECT t.*, false AS own
    FROM {newest_items} t
    UNION ALL
    SELECT o.id, t.*, true
    FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) o
    CROSS JOIN LATERAL {own_items} t
  ) i {item_lookups}
)sql";

const db::statement select_items{
    "timeline",
    newest_of_many_sql({
        .originators = followed,
        .rows = "feed_items WHERE originator_id = o.id",
        .time = "sort_at",
        .columns = "post_id, repost_rkey",
        .select = db::compose_sql(
            followed_and_own, {{"item_columns", item_columns},
                               {"item_lookups", item_lookups},
                               {"own_items", items_between},
                               {"begin", "'-infinity'"},
                               {"wanted", "CASE WHEN {is_full} THEN $2::int8 ELSE $5::int8 END"},
                               {"is_full", is_full}}),
    })};

/// Keeps the newest, in order.
[[nodiscard]] std::vector<feed_item>
newest(std::vector<feed_item> items, const std::optional<list_cursor>& after, std::size_t wanted) {
  return cut_sorted(std::move(items), after, wanted).rows;
}

/// @param followed, own each the newest, in order, and one more than the page can take if there is
/// one
[[nodiscard]] feed_page merge(std::vector<feed_item> followed, std::vector<feed_item> own,
                              const std::optional<list_cursor>& after, std::size_t limit) {
  // Who follows themselves has all of their items among the followed ones.
  std::erase_if(own, [&](const feed_item& item) {
    return std::ranges::any_of(followed, [&](const feed_item& other) {
      return item.post_id == other.post_id && item.originator_id == other.originator_id &&
             item.repost_rkey == other.repost_rkey;
    });
  });
  const auto own_limit =
      std::max(std::min(limit, max_own_items), limit - std::min(followed.size(), limit));
  std::optional<feed_item> next_own;
  if (own.size() > own_limit) {
    next_own = std::move(own[own_limit]);
    own.resize(own_limit);
  }
  followed.insert(followed.end(), std::make_move_iterator(own.begin()),
                  std::make_move_iterator(own.end()));
  auto out = cut_sorted(std::move(followed), after, limit);
  if (out.cursor.empty() && next_own && !out.rows.empty())
    out.cursor = format_list_cursor(cursor_between(out.rows.back(), *next_own));
  return out;
}

[[nodiscard]] outcome<feed_page> read_page(session& on, std::string_view actor_did,
                                           const std::optional<list_cursor>& after,
                                           std::size_t limit) {
  const auto wanted = limit + 1;
  // One more than may be shown says whether there are more.
  const auto own_wanted = std::min(limit, max_own_items) + 1;
  db::params p;
  p.text(actor_did).int8(limit_param(own_wanted)).int8(limit_param(max_originators));
  add_span(p, after, wanted);
  const auto found = on.exec_prepared(select_items, p);
  if (!found)
    return tl::unexpected(found.error());
  auto items = read_feed_items(on, *found);
  if (!items)
    return tl::unexpected(items.error());
  std::vector<feed_item> followed;
  std::vector<feed_item> own;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const bool is_own = found->get_bool(i, found->columns() - 1);
    (is_own ? own : followed).push_back(std::move((*items)[i]));
  }
  return merge(newest(std::move(followed), after, wanted), newest(std::move(own), after, wanted),
               after, limit);
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
