#include "db/reads/notifications.hpp"

#include "atproto/records/collection.hpp"
#include "atproto/syntax/datetime.hpp"
#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/filtered_page.hpp"
#include "db/reads/sorted_page.hpp"

namespace prism::reads {

namespace {

// The rows `f` of notifications that are shown: the subject is indexed, or there is none. No
// EXISTS, since PostgreSQL may evaluate it by reading a whole table into memory first.
constexpr std::string_view shown = R"sql(
        LEFT JOIN LATERAL (
          SELECT id, repo_id, collection, rkey FROM uris WHERE id = f.subject_id LIMIT 1
        ) s ON true
        LEFT JOIN LATERAL (
          SELECT true AS yes
          FROM follows
          WHERE creator_id = f.recipient_id AND subject_id = f.author_id AND NOT duplicate
          LIMIT 1
        ) w ON true
        WHERE (w.yes OR NOT $5)
          AND CASE coalesce(s.collection, -1)
            WHEN -1 /* no subject */ THEN true
            WHEN 1 /* post */ THEN (SELECT true FROM posts WHERE id = s.id)
            WHEN 3 /* repost */ THEN (
              SELECT true FROM reposts WHERE creator_id = s.repo_id AND rkey = s.rkey
            )
            WHEN 6 /* feed_generator */ THEN (SELECT true FROM feed_generators WHERE id = s.id)
            WHEN 9 /* list */ THEN (SELECT true FROM lists WHERE id = s.id)
            WHEN 12 /* starter_pack */ THEN (SELECT true FROM starter_packs WHERE id = s.id)
            WHEN 16 /* labeler */ THEN (
              SELECT true FROM labelers WHERE creator_id = s.repo_id AND rkey = s.rkey
            )
            ELSE false END
)sql";

constexpr std::string_view columns =
    "f.created_at, f.author_id, f.reason, f.rkey, coalesce(f.subject_id, 0) AS subject_id, "
    "s.repo_id, coalesce(s.collection, 0::int2) AS collection, s.rkey AS subject_rkey, w.yes";

// Those whose record exists. Most end with it; these stay.
constexpr std::string_view recorded = R"sql(
          CASE f.reason
            WHEN 9 /* starterpack_joined */ THEN coalesce(
              (SELECT true FROM profiles WHERE creator_id = f.author_id AND rkey = f.rkey), false
            )
            WHEN 10 /* verified */ THEN {verification}
            WHEN 11 /* unverified */ THEN {verification}
            ELSE true END
)sql";

constexpr std::string_view verification = R"sql(coalesce(
              (SELECT true FROM verifications WHERE creator_id = f.author_id AND rkey = f.rkey),
              false
            ))sql";

constexpr std::string_view of_recipient = "notifications WHERE recipient_id = o.id";

// Nearly all subjects are records of the recipient, whose DID is $1.
const db::statement select_notifications{"notifications",
                                         db::compose_sql(R"sql(
  SELECT n.created_at, n.author_id, n.reason, n.subject_id, n.rkey, a.did,
    CASE n.repo_id WHEN o.id THEN $1 ELSE (SELECT did FROM users WHERE id = n.repo_id) END,
    n.collection, n.subject_rkey, coalesce(n.yes, false)
  FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL ({newest_shown}) n
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = n.author_id LIMIT 1) a
)sql",
                                                         {{"newest_shown", newest_shown},
                                                          {"columns", columns},
                                                          {"rows", of_recipient},
                                                          {"time", "created_at"},
                                                          {"shown", shown}})};

const db::statement select_last_read{
    "notifications_scan_end",
    db::compose_sql(last_read_sql, {{"rows", of_recipient}, {"time", "created_at"}})};

const db::statement count_unread{
    "unread_notifications",
    db::compose_sql(R"sql(
  SELECT count(*)
  FROM (
    SELECT
    FROM (
      SELECT id FROM users WHERE did = $1 AND indexed_at IS NOT NULL LIMIT 1
    ) o
    CROSS JOIN LATERAL (
      SELECT reason, author_id, rkey
      FROM notifications
      WHERE recipient_id = o.id
      ORDER BY created_at DESC
      LIMIT (SELECT $2::int8)
    ) f
    WHERE {recorded}
  ) t
)sql",
                    {{"recorded", recorded}, {"verification", verification}})};

[[nodiscard]] atproto::collection collection_of(db::notification_reason reason) {
  using atproto::collection;
  using db::notification_reason;
  switch (reason) {
  case notification_reason::like:
  case notification_reason::like_via_repost:
    return collection::like;
  case notification_reason::repost:
  case notification_reason::repost_via_repost:
    return collection::repost;
  case notification_reason::follow:
    return collection::follow;
  case notification_reason::mention:
  case notification_reason::reply:
  case notification_reason::quote:
    return collection::post;
  case notification_reason::starterpack_joined:
    return collection::profile;
  case notification_reason::verified:
  case notification_reason::unverified:
    return collection::verification;
  }
  return collection::other;
}

[[nodiscard]] std::vector<notification> read_notifications(const db::result& rows) {
  return db::read_rows<notification>(rows, [](notification& out, db::row_reader& row) {
    std::string_view author;
    std::string_view owner;
    auto kind = atproto::collection::other;
    std::string_view subject_rkey;
    row >> db::timestamp(out.created_at) >> out.author_id >> out.reason >> out.subject_id >>
        out.rkey >> author >> owner >> kind >> subject_rkey >> out.from_followed;
    out.uri = db::uri_text(author, collection_of(out.reason), out.rkey);
    if (out.subject_id != 0)
      out.subject_uri = db::uri_text(owner, kind, subject_rkey);
  });
}

[[nodiscard]] notification_position position_of(const notification& row) {
  return {row.created_at, row.author_id, static_cast<std::int16_t>(row.reason), row.subject_id,
          row.rkey};
}

/// Behind all notifications of a time: the next page begins with older ones.
[[nodiscard]] std::string time_cursor(micros time) {
  return atproto::format_datetime(time);
}

/// Puts rows in order and cuts the page.
[[nodiscard]] notification_page cut(std::vector<notification> rows,
                                    const std::optional<notification_position>& after,
                                    std::size_t limit) {
  if (after)
    std::erase_if(rows, [&](const notification& row) { return position_of(row) >= *after; });
  std::ranges::sort(rows, std::greater<>{}, position_of);
  notification_page out;
  if (rows.size() > limit) {
    const auto& last = rows[limit - 1];
    out.cursor = rows[limit].created_at < last.created_at
                     ? time_cursor(last.created_at)
                     : format_notification_cursor(position_of(last));
    rows.resize(limit);
  }
  out.rows = std::move(rows);
  return out;
}

/// @param rows that the filter looks at
[[nodiscard]] outcome<notification_page>
read_page(executor& on, std::string_view did, const std::optional<notification_position>& after,
          std::size_t limit, bool only_followed, std::size_t rows) {
  const auto until = after ? after->created_at : end_of_time;
  db::params p;
  p.text(did)
      .timestamptz(until)
      .int8(limit_param(limit + 1))
      .int8(limit_param(limit + 1 + max_same_millisecond))
      .boolean(only_followed)
      .int8(limit_param(rows));
  const auto found = read_filtered(on, select_notifications, p, select_last_read, did, until, rows);
  if (!found)
    return tl::unexpected(found.error());
  auto out = cut(read_notifications(found->rows), after, limit);
  if (leave_last_read(out, found->last_read, &notification::created_at))
    out.cursor =
        format_notification_cursor({*found->last_read, INT64_MAX, INT16_MAX, INT64_MAX, {}});
  return out;
}

} // namespace

outcome<notification_page> notifications(executor& on, std::string_view did,
                                         const std::optional<notification_position>& after,
                                         std::size_t limit, bool only_followed) {
  if (limit == 0)
    return notification_page{};
  return read_filtered_page(limit, [&](std::size_t rows) {
    return read_page(on, did, after, limit, only_followed, rows);
  });
}

outcome<std::int64_t> unread_notifications(executor& on, std::string_view did) {
  db::params p;
  p.text(did).int8(max_unread);
  const auto rows = on.exec_prepared(count_unread, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return rows->get_int8(0, 0);
}

} // namespace prism::reads
