#include "db/reads/profiles.hpp"

#include "db/pg/row_reader.hpp"

namespace prism::reads {

namespace {

const db::statement select_user{"find_user", R"sql(SELECT id FROM users WHERE did = $1)sql"};

// Looks up each user separately, in the order of the array.
const db::statement select_profiles{"profiles", R"sql(
  SELECT u.id, u.did, u.handle, u.status, u.indexed_at IS NOT NULL, p.display_name, p.description,
    coalesce(a.followers_count, 0), coalesce(a.follows_count, 0), coalesce(a.posts_count, 0)
  FROM unnest($1::int8[]) AS n(id)
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = n.id LIMIT 1) u
  LEFT JOIN LATERAL (
    SELECT display_name, description
    FROM profiles
    WHERE creator_id = n.id AND rkey = 'self'
    LIMIT 1
  ) p ON true
  LEFT JOIN LATERAL (SELECT * FROM user_aggregates WHERE user_id = n.id LIMIT 1) a ON true
)sql"};

} // namespace

outcome<std::optional<std::int64_t>> find_user(executor& on, std::string_view did) {
  db::params p;
  p.text(did);
  const auto rows = on.exec_prepared(select_user, p);
  if (!rows)
    return tl::unexpected(rows.error());
  if (rows->empty())
    return std::optional<std::int64_t>{};
  return rows->get_int8(0, 0);
}

outcome<std::vector<profile>> profiles(executor& on, std::span<const std::int64_t> user_ids) {
  db::params p;
  p.int8_array(user_ids.first(std::min(user_ids.size(), max_page)));
  const auto rows = on.exec_prepared(select_profiles, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return db::read_rows<profile>(*rows, [](profile& out, db::row_reader& row) {
    row >> out.user_id >> out.did >> out.handle >> out.status >> out.indexed >> out.display_name >>
        out.description >> out.followers >> out.follows >> out.posts;
  });
}

} // namespace prism::reads
