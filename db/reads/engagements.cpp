#include "db/reads/engagements.hpp"

namespace prism::reads {

namespace {

using atproto::collection;

/// Likes and reposts have the same columns.
[[nodiscard]] const char* of_subject(std::string_view table, std::string_view kind) {
  return db::compose_sql(R"sql(
  SELECT t.sort_at, t.cid, u.did, t.rkey, t.parked
  FROM {subject}
  CROSS JOIN LATERAL (
    {newest_first}
    UNION ALL
    (
      SELECT cid, creator_id, rkey, place, {time}
      FROM (SELECT * FROM pending_ops WHERE referent_id = s.id LIMIT {max_parked}) p
      WHERE collection = {kind}
    )
  ) t
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = t.creator_id LIMIT 1) u
)sql",
                         {{"subject", subject_by_uri},
                          {"newest_first", newest_first},
                          {"columns", "cid, creator_id, rkey, NULL::int8 AS parked"},
                          {"rows", "{table} WHERE subject_id = s.id AND NOT duplicate"},
                          {"time", sort_time},
                          {"max_parked", max_parked_listed},
                          {"table", table},
                          {"kind", kind}});
}

const db::statement select_likes_of{"likes_of", of_subject("likes", "2 /* like */")};
const db::statement select_reposts_of{"reposts_of", of_subject("reposts", "3 /* repost */")};
const db::statement select_likes_by{
    "likes_by", db::compose_sql(R"sql(
  SELECT t.sort_at, t.cid, o.did, t.rkey, t.parked, n.did, n.collection, n.rkey
  FROM (SELECT id, did FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL (
    {newest_first}
    UNION ALL
    (
      SELECT cid, referent_id, rkey, place, {time}
      FROM pending_ops
      WHERE creator_id = o.id AND collection = 2 /* like */
      ORDER BY rkey DESC
      LIMIT {max_parked}
    )
  ) t
  CROSS JOIN {subject_uri}
)sql",
                                {{"newest_first", newest_first},
                                 {"columns", "cid, subject_id, rkey, NULL::int8 AS parked"},
                                 {"rows", "likes WHERE creator_id = o.id AND NOT duplicate"},
                                 {"time", sort_time},
                                 {"subject_uri", uri_named("n", "t.subject_id")},
                                 {"max_parked", max_parked_listed}})};

// The AppView does not ask for reposts by an account, so there is no index by time for them.
const db::statement select_reposts_by{
    "reposts_by", db::compose_sql(R"sql(
  SELECT {time}, t.cid, o.did, t.rkey, t.parked, n.did, n.collection, n.rkey
  FROM (SELECT id, did FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL (
    (
      SELECT created_at, commit_time, cid, subject_id, rkey, NULL::int8 AS parked
      FROM reposts
      WHERE creator_id = o.id AND NOT duplicate
      ORDER BY rkey DESC
      LIMIT (SELECT {max_read}::int8)
    )
    UNION ALL
    (
      SELECT created_at, commit_time, cid, referent_id, rkey, place
      FROM pending_ops
      WHERE creator_id = o.id AND collection = 3 /* repost */
      ORDER BY rkey DESC
      LIMIT {max_parked}
    )
  ) t
  CROSS JOIN {subject_uri}
)sql",
                                  {{"time", sort_time},
                                   {"subject_uri", uri_named("n", "t.subject_id")},
                                   {"max_read", max_read_whole},
                                   {"max_parked", max_parked_listed}})};

// Of a post that is there: a deleted one has no quotes any more.
const db::statement select_quotes{"quotes_of",
                                  db::compose_sql(R"sql(
  SELECT t.sort_at, t.cid, u.did, u.rkey
  FROM {subject}
  CROSS JOIN LATERAL (SELECT FROM posts WHERE id = s.id LIMIT 1) quoted
  CROSS JOIN LATERAL ({newest_first}) t
  CROSS JOIN LATERAL (
    SELECT (SELECT did FROM users WHERE id = repo_id) AS did, rkey
    FROM uris
    WHERE id = t.id
    LIMIT 1
  ) u
)sql",
                                                  {{"subject", subject_by_uri},
                                                   {"newest_first", newest_first},
                                                   {"columns", "cid, id"},
                                                   {"rows", "posts WHERE quoted_id = s.id"},
                                                   {"time", sort_time}})};

// Likes of one post in one millisecond have one CID. The official server has no index with the CIDs
// of likes and reposts, and sorts what it has read in ascending order.
[[nodiscard]] outcome<record_page> read_of(executor& on, const db::statement& select,
                                           collection kind, std::string_view uri,
                                           const page_request& page) {
  return list_records(
      on, select, page, [&](std::size_t more) { return subject_params(uri, page, more); },
      [kind](listed_record& out, db::row_reader& row) {
        read_listed(out, row, kind);
        if (kind != collection::post)
          row >> out.parked;
      },
      kind == collection::post ? tie_order::descending : tie_order::ascending);
}

template <collection Kind>
void read_with_subject(listed_record& out, db::row_reader& row) {
  read_listed(out, row, Kind);
  row >> out.parked;
  out.other = read_uri(row);
}

} // namespace

outcome<record_page> likes_of(executor& on, std::string_view uri, const page_request& page) {
  return read_of(on, select_likes_of, collection::like, uri, page);
}

outcome<record_page> reposts_of(executor& on, std::string_view uri, const page_request& page) {
  return read_of(on, select_reposts_of, collection::repost, uri, page);
}

outcome<record_page> quotes_of(executor& on, std::string_view uri, const page_request& page) {
  return read_of(on, select_quotes, collection::post, uri, page);
}

outcome<record_page> likes_by(executor& on, std::string_view did, const page_request& page) {
  return list_records(
      on, select_likes_by, page, [&](std::size_t more) { return account_params(did, page, more); },
      read_with_subject<collection::like>);
}

outcome<record_page> reposts_by(executor& on, std::string_view did, const page_request& page) {
  return list_whole(on, select_reposts_by, did, page, read_with_subject<collection::repost>);
}

} // namespace prism::reads
