#include "db/reads/people.hpp"

#include "db/pg/row_reader.hpp"

namespace prism::reads {

namespace {

// Looks up the user of each row separately: a page has few rows, and they keep their order.
constexpr std::string_view creators_of_subject = R"sql(
    CROSS JOIN LATERAL (
      SELECT did, handle FROM users WHERE id = t.creator_id AND status IS NULL LIMIT 1
    ) u
    WHERE t.subject_id = $1 AND NOT t.duplicate AND t.creator_id < $2
    ORDER BY t.creator_id DESC
    LIMIT (SELECT $3::int8)
)sql";

const db::statement select_followers{
    "followers", db::compose_sql(R"sql(
  SELECT t.creator_id, u.did, u.handle, t.created_at, t.rkey
  FROM follows t {creators_of_subject}
)sql",
                                 {{"creators_of_subject", creators_of_subject}})};

const db::statement select_likes{"likes_of",
                                 db::compose_sql(R"sql(
  SELECT t.creator_id, u.did, u.handle, t.created_at, t.rkey
  FROM likes t {creators_of_subject}
)sql",
                                                 {{"creators_of_subject", creators_of_subject}})};

const db::statement select_reposts{"reposts_of",
                                   db::compose_sql(R"sql(
  SELECT t.creator_id, u.did, u.handle, t.created_at, t.rkey
  FROM reposts t {creators_of_subject}
)sql",
                                                   {{"creators_of_subject", creators_of_subject}})};

const db::statement select_members{"list_members", R"sql(
  SELECT t.subject_id, u.did, u.handle, t.created_at, t.rkey
  FROM list_items t
  CROSS JOIN LATERAL (
    SELECT did, handle
    FROM users
    WHERE id = t.subject_id AND status IS NULL
    LIMIT 1
  ) u
  WHERE t.list_id = $1 AND NOT t.duplicate AND t.subject_id < $2
  ORDER BY t.subject_id DESC
  LIMIT (SELECT $3::int8)
)sql"};

const db::statement select_follows{"follows", R"sql(
  SELECT t.subject_id, u.did, u.handle, t.created_at, t.rkey
  FROM follows t
  CROSS JOIN LATERAL (
    SELECT did, handle
    FROM users
    WHERE id = t.subject_id AND status IS NULL
    LIMIT 1
  ) u
  WHERE t.creator_id = $1 AND NOT t.duplicate AND t.rkey < $2
  ORDER BY t.rkey DESC
  LIMIT (SELECT $3::int8)
)sql"};

/// After every rkey: their greatest character is '~'.
constexpr const char* highest_rkey = "\x7f";

[[nodiscard]] std::vector<person> read_people(const db::result& rows) {
  return db::read_rows<person>(rows, [](person& out, db::row_reader& row) {
    row >> out.user_id >> out.did >> out.handle >> db::timestamp(out.created_at) >> out.rkey;
  });
}

[[nodiscard]] outcome<people_page> by_user(executor& on, const db::statement& select,
                                           std::int64_t subject, std::int64_t after,
                                           std::size_t limit) {
  limit = page_limit(limit);
  db::params p;
  p.int8(subject).int8(after).int8(limit_param(limit));
  const auto rows = on.exec_prepared(select, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return cut_page(read_people(*rows), limit, [](const person& row) { return row.user_id; });
}

} // namespace

outcome<people_page> followers(executor& on, std::int64_t user_id, std::int64_t after,
                               std::size_t limit) {
  return by_user(on, select_followers, user_id, after, limit);
}

outcome<people_page> likes_of(executor& on, std::int64_t post_id, std::int64_t after,
                              std::size_t limit) {
  return by_user(on, select_likes, post_id, after, limit);
}

outcome<people_page> reposts_of(executor& on, std::int64_t post_id, std::int64_t after,
                                std::size_t limit) {
  return by_user(on, select_reposts, post_id, after, limit);
}

outcome<people_page> list_members(executor& on, std::int64_t list_id, std::int64_t after,
                                  std::size_t limit) {
  return by_user(on, select_members, list_id, after, limit);
}

outcome<follows_page> follows(executor& on, std::int64_t user_id, const std::string& after,
                              std::size_t limit) {
  limit = page_limit(limit);
  db::params p;
  p.int8(user_id)
      .text(after.empty() ? std::string_view{highest_rkey} : std::string_view{after})
      .int8(limit_param(limit));
  const auto rows = on.exec_prepared(select_follows, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return cut_page(read_people(*rows), limit, [](const person& row) { return row.rkey; });
}

} // namespace prism::reads
