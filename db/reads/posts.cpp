#include "db/reads/posts.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/post_rows.hpp"

namespace prism::reads {

namespace {

const db::statement select_post{"find_post", R"sql(
  SELECT p.id
  FROM users o
  JOIN uris u ON u.repo_id = o.id AND u.collection = 1 /* post */ AND u.rkey = $2
  JOIN posts p ON p.id = u.id
  WHERE o.did = $1
)sql"};

const db::statement select_posts{"posts_by_id", db::compose_sql(R"sql(
  SELECT {post_columns}
  FROM unnest($1::int8[]) AS n(id)
  CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = n.id LIMIT 1) p {post_lookups}
)sql",
                                                                {{"post_columns", post_columns},
                                                                 {"post_lookups", post_lookups}})};

const db::statement select_quotes{
    "quotes_of", db::compose_sql(R"sql(
  SELECT {post_columns}
  FROM posts p {post_lookups}
  WHERE p.quoted_id = $1 AND (p.place, p.id) < ($2, $3)
  ORDER BY p.place DESC, p.id DESC
  LIMIT (SELECT $4::int8)
)sql",
                                 {{"post_columns", post_columns}, {"post_lookups", post_lookups}})};

[[nodiscard]] post_position position_of(const post& row) {
  return {row.place, row.id};
}

} // namespace

std::vector<post> read_posts(const db::result& rows) {
  return db::read_rows<post>(rows, [](post& out, db::row_reader& row) {
    row >> out.id >> out.creator_id >> out.did >> out.rkey >> db::timestamp(out.commit_time) >>
        out.place >> out.reply_parent_id >> out.reply_root_id >> out.quoted_id >>
        out.embed_removed >> out.hidden >> out.text >> out.likes >> out.reposts >> out.replies >>
        out.quotes;
  });
}

outcome<std::optional<std::int64_t>> find_post(executor& on, std::string_view did,
                                               std::string_view rkey) {
  db::params p;
  p.text(did).text(rkey);
  const auto rows = on.exec_prepared(select_post, p);
  if (!rows)
    return tl::unexpected(rows.error());
  if (rows->empty())
    return std::optional<std::int64_t>{};
  return rows->get_int8(0, 0);
}

outcome<std::vector<post>> posts(executor& on, std::span<const std::int64_t> ids) {
  db::params p;
  p.int8_array(ids.first(std::min(ids.size(), max_page)));
  const auto rows = on.exec_prepared(select_posts, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return read_posts(*rows);
}

outcome<post_page> quotes_of(executor& on, std::int64_t post_id, post_position after,
                             std::size_t limit) {
  limit = page_limit(limit);
  db::params p;
  p.int8(post_id).int8(after.first).int8(after.second).int8(limit_param(limit));
  const auto rows = on.exec_prepared(select_quotes, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return cut_page(read_posts(*rows), limit, position_of);
}

} // namespace prism::reads
