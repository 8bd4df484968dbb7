#include "db/reads/thread.hpp"

#include "db/reads/post_rows.hpp"

#include <unordered_set>

namespace prism::reads {

namespace {

constexpr thread_bounds max_bounds{1000, 100, 100, 1000};

// Rows come in the order in which they are found, from the post upwards; the height ends cycles.
const db::statement select_ancestors{
    "thread_ancestors",
    db::compose_sql(R"sql(
  WITH RECURSIVE chain(id, height) AS (
    SELECT $1::int8, 0::int8
    UNION ALL
    SELECT p.reply_parent_id, c.height + 1
    FROM chain c
    CROSS JOIN LATERAL (SELECT reply_parent_id FROM posts WHERE id = c.id LIMIT 1) p
    WHERE p.reply_parent_id IS NOT NULL AND c.height < $2
  )
  SELECT {post_columns}
  FROM chain
  CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = chain.id LIMIT 1) p {post_lookups}
)sql",
                    {{"post_columns", post_columns}, {"post_lookups", post_lookups}})};

const db::statement select_replies{
    "thread_replies",
    db::compose_sql(R"sql(
  SELECT t.*
  FROM unnest($1::int8[]) AS n(id)
  CROSS JOIN LATERAL (
    SELECT {post_columns}
    FROM posts p {post_lookups}
    WHERE p.reply_parent_id = n.id AND p.violates_thread_gate IS NOT TRUE
    ORDER BY p.place
    LIMIT (SELECT $2::int8)
  ) t
  LIMIT $3
)sql",
                    {{"post_columns", post_columns}, {"post_lookups", post_lookups}})};

using id_set = std::unordered_set<std::int64_t>;

[[nodiscard]] outcome<std::vector<post>> read_ancestors(executor& on, std::int64_t post_id,
                                                        std::size_t height) {
  db::params p;
  p.int8(post_id).int8(limit_param(height));
  const auto rows = on.exec_prepared(select_ancestors, p);
  if (!rows)
    return tl::unexpected(rows.error());
  auto chain = read_posts(*rows);
  // The chain ends where a post is missing, and where it refers back to itself.
  id_set seen;
  auto expected_id = post_id;
  std::size_t whole = 0;
  while (whole < chain.size() && chain[whole].id == expected_id && seen.insert(expected_id).second)
    expected_id = chain[whole++].reply_parent_id;
  chain.resize(whole);
  std::reverse(chain.begin(), chain.end());
  return chain;
}

[[nodiscard]] outcome<std::vector<post>>
read_level(executor& on, const std::vector<std::int64_t>& parents, const thread_bounds& bounds) {
  db::params p;
  p.int8_array(parents).int8(limit_param(bounds.per_post)).int8(limit_param(bounds.per_level));
  const auto rows = on.exec_prepared(select_replies, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return read_posts(*rows);
}

} // namespace

outcome<thread> read_thread(executor& on, std::int64_t post_id, const thread_bounds& requested) {
  const thread_bounds bounds{std::min(requested.ancestors, max_bounds.ancestors),
                             std::min(requested.depth, max_bounds.depth),
                             std::min(requested.per_post, max_bounds.per_post),
                             std::min(requested.per_level, max_bounds.per_level)};
  thread out;
  auto chain = read_ancestors(on, post_id, bounds.ancestors);
  if (!chain)
    return tl::unexpected(chain.error());
  out.ancestors_and_post = std::move(*chain);
  if (out.ancestors_and_post.empty())
    return out;
  id_set seen;
  for (const auto& each : out.ancestors_and_post)
    seen.insert(each.id);
  std::vector<std::int64_t> parents{post_id};
  for (std::size_t level = 0; level < bounds.depth && !parents.empty(); ++level) {
    auto replies = read_level(on, parents, bounds);
    if (!replies)
      return tl::unexpected(replies.error());
    parents.clear();
    for (auto& each : *replies) {
      if (!seen.insert(each.id).second)
        continue;
      if (each.replies > 0)
        parents.push_back(each.id);
      out.replies.push_back(std::move(each));
    }
  }
  return out;
}

} // namespace prism::reads
