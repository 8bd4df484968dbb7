#include "db/reads/timeline.hpp"

#include "db/pg/row_reader.hpp"

#include <functional>

namespace prism::reads {

namespace {

// Indexes: follows_pkey, feed_items_originator_sort_at.
const db::statement select_heads{"timeline_heads", R"sql(
  SELECT o.id, h.sort_at
  FROM (
    SELECT $1::int8 AS id
    UNION ALL
    SELECT f.subject_id
    FROM (
      SELECT subject_id
      FROM follows
      WHERE creator_id = $1 AND NOT duplicate AND subject_id <> $1
      ORDER BY rkey DESC
      LIMIT (SELECT $6::int8)
    ) f
  ) o
  CROSS JOIN LATERAL (
    SELECT i.sort_at
    FROM feed_items i
    WHERE i.originator_id = o.id
      AND (i.sort_at, i.post_id, i.originator_id, coalesce(i.repost_rkey, '')) < ($2, $3, $4, $5)
    ORDER BY i.sort_at DESC
    LIMIT 1
  ) h
)sql"};

// Index: feed_items_originator_sort_at. Posts only, as in an author feed.
const db::statement select_items{"timeline_items", R"sql(
  SELECT o.id, o.did, f.sort_at, f.post_id, f.did, f.rkey, f.repost_rkey
  FROM unnest($1::int8[]) AS n(id)
  CROSS JOIN LATERAL (
    SELECT id, did
    FROM users
    WHERE id = n.id AND status IS NULL
    LIMIT 1
  ) o
  CROSS JOIN LATERAL (
    SELECT *
    FROM (
      SELECT i.sort_at, i.post_id, i.repost_rkey, p.did, p.rkey
      FROM feed_items i
      CROSS JOIN LATERAL (
        SELECT a.did, u.rkey
        FROM uris u
        JOIN users a ON a.id = u.repo_id AND a.status IS NULL
        WHERE u.id = i.post_id AND u.collection = 1 /* post */
        LIMIT 1
      ) p
      WHERE i.originator_id = o.id AND i.sort_at >= $6
        AND (i.sort_at, i.post_id, i.originator_id, coalesce(i.repost_rkey, '')) < ($2, $3, $4, $5)
      ORDER BY i.sort_at DESC
      FETCH FIRST (SELECT $7::int8) ROWS WITH TIES
    ) t
    LIMIT $8
  ) f
)sql"};

/// Earlier than every stored time: 4000 BC.
constexpr micros begin_of_time = -188'395'027'200'000'000;

/// The newest item of an originator.
struct head {
  std::int64_t originator_id{0};
  micros sort_at{0};
};

/// The originators whose items are read, and the time of the oldest one.
struct window {
  std::vector<std::int64_t> originators;
  micros begin{begin_of_time};
};

[[nodiscard]] outcome<std::vector<head>> read_heads(executor& on, std::int64_t user_id,
                                                    const feed_position& after) {
  db::params p;
  p.int8(user_id);
  add_position(p, after);
  p.int8(limit_param(max_timeline_follows));
  const auto rows = on.exec_prepared(select_heads, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return db::read_rows<head>(*rows, [](head& out, db::row_reader& row) {
    row >> out.originator_id >> db::timestamp(out.sort_at);
  });
}

/// The window that contains `limit` items, if there are that many.
[[nodiscard]] window window_of(std::vector<head> heads, std::size_t limit) {
  window out;
  if (heads.size() > limit) {
    const auto nth = heads.begin() + static_cast<std::ptrdiff_t>(limit - 1);
    std::nth_element(heads.begin(), nth, heads.end(), [](const head& left, const head& right) {
      return left.sort_at > right.sort_at;
    });
    out.begin = nth->sort_at;
  }
  for (const auto& each : heads)
    if (each.sort_at >= out.begin)
      out.originators.push_back(each.originator_id);
  return out;
}

[[nodiscard]] outcome<std::vector<feed_item>>
read_items(executor& on, const window& from, const feed_position& after, std::size_t limit) {
  db::params p;
  p.int8_array(from.originators);
  add_position(p, after);
  p.timestamptz(from.begin).int8(limit_param(limit)).int8(limit_param(limit + max_same_instant));
  const auto rows = on.exec_prepared(select_items, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return read_feed_items(*rows);
}

} // namespace

outcome<feed_page> timeline(executor& on, std::int64_t user_id, const feed_position& after,
                            std::size_t limit) {
  limit = page_limit(limit);
  feed_page out;
  auto from = after;
  for (int round = 0; round < max_timeline_windows; ++round) {
    const auto missing = limit - out.rows.size();
    auto heads = read_heads(on, user_id, from);
    if (!heads)
      return tl::unexpected(heads.error());
    const auto next = window_of(std::move(*heads), missing);
    auto items = read_items(on, next, from, missing);
    if (!items)
      return tl::unexpected(items.error());
    auto found = cut_page(std::move(*items), missing, position_of);
    out.rows.insert(out.rows.end(), std::make_move_iterator(found.rows.begin()),
                    std::make_move_iterator(found.rows.end()));
    out.next = std::move(found.next);
    if (out.next || next.begin == begin_of_time)
      return out;
    from = {next.begin, 0, 0, {}};
    out.next = from;
  }
  return out;
}

} // namespace prism::reads
