#include "db/reads/notifications.hpp"

#include "db/pg/row_reader.hpp"

namespace prism::reads {

namespace {

// The visible rows `n`: the author is active, and the subject exists. No EXISTS, since PostgreSQL
// may evaluate it by reading a whole table into memory first.
constexpr std::string_view visible = R"sql(
    CROSS JOIN LATERAL (
      SELECT did FROM users WHERE id = n.author_id AND status IS NULL LIMIT 1
    ) a
    LEFT JOIN LATERAL (
      SELECT o.did, u.repo_id, u.collection, u.rkey FROM uris u JOIN users o ON o.id = u.repo_id
      WHERE u.id = n.subject_id LIMIT 1
    ) s ON true
    WHERE n.recipient_id = $1
      AND CASE s.collection
        WHEN 1 /* post */ THEN (SELECT true FROM posts WHERE id = n.subject_id)
        WHEN 3 /* repost */ THEN (
          SELECT true FROM reposts WHERE creator_id = s.repo_id AND rkey = s.rkey
        )
        WHEN 12 /* starter_pack */ THEN (SELECT true FROM starter_packs WHERE id = n.subject_id)
        ELSE true END
)sql";

const db::statement select_notifications{"notifications", db::compose_sql(R"sql(
  SELECT *
  FROM (
    SELECT n.created_at, n.author_id, a.did, n.reason, n.rkey, coalesce(n.subject_id, 0), s.did,
      coalesce(s.collection, 0::int2), s.rkey
    FROM notifications n {visible}
      AND (n.created_at, n.author_id, n.reason, n.rkey, coalesce(n.subject_id, 0))
        < ($2, $3, $4, $5, $6)
    ORDER BY n.created_at DESC
    FETCH FIRST (SELECT $7::int8) ROWS WITH TIES
  ) t
  LIMIT $8
)sql",
                                                                          {{"visible", visible}})};

const db::statement count_unread{"unread_notifications", db::compose_sql(R"sql(
  SELECT count(*)
  FROM (
    SELECT FROM notifications n {visible}
      AND n.created_at > $2
    ORDER BY n.created_at DESC
    LIMIT (SELECT $3::int8)
  ) t
)sql",
                                                                         {{"visible", visible}})};

[[nodiscard]] notification_position position_of(const notification& row) {
  return {row.created_at, row.author_id, static_cast<std::int16_t>(row.reason), row.rkey,
          row.subject_id};
}

[[nodiscard]] std::vector<notification> read_notifications(const db::result& rows) {
  return db::read_rows<notification>(rows, [](notification& out, db::row_reader& row) {
    row >> db::timestamp(out.created_at) >> out.author_id >> out.author_did >> out.reason >>
        out.rkey >> out.subject_id >> out.subject_did >> out.subject_kind >> out.subject_rkey;
  });
}

} // namespace

outcome<notification_page> notifications(executor& on, std::int64_t user_id,
                                         const notification_position& after, std::size_t limit) {
  limit = page_limit(limit);
  db::params p;
  p.int8(user_id)
      .timestamptz(after.created_at)
      .int8(after.author_id)
      .int2(after.reason)
      .text(after.rkey)
      .int8(after.subject_id)
      .int8(limit_param(limit))
      .int8(limit_param(limit + max_same_instant));
  const auto rows = on.exec_prepared(select_notifications, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return cut_page(read_notifications(*rows), limit, position_of);
}

outcome<std::int64_t> unread_notifications(executor& on, std::int64_t user_id, micros seen_at) {
  db::params p;
  p.int8(user_id).timestamptz(seen_at).int8(max_unread);
  const auto rows = on.exec_prepared(count_unread, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return rows->get_int8(0, 0);
}

} // namespace prism::reads
