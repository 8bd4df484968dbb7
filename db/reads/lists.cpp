#include "db/reads/lists.hpp"

namespace prism::reads {

namespace {

using atproto::collection;

/// Lists, feed generators and starter packs: an id that is that of their uri.
[[nodiscard]] const char* documents_by_account(std::string_view table) {
  return db::compose_sql(R"sql(
  SELECT t.sort_at, t.cid, o.did, u.rkey
  FROM (SELECT id, did FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL ({newest_first}) t
  CROSS JOIN LATERAL (SELECT rkey FROM uris WHERE id = t.id LIMIT 1) u
)sql",
                         {{"newest_first", newest_first},
                          {"columns", "cid, id"},
                          {"rows", "{table} WHERE creator_id = o.id"},
                          {"time", sort_time},
                          {"table", table}});
}

const db::statement select_lists_by{"lists_by", documents_by_account("lists")};
const db::statement select_packs{"starter_packs_by", documents_by_account("starter_packs")};

const db::statement select_blocks{
    "blocks_by", db::compose_sql(R"sql(
  SELECT t.sort_at, t.cid, o.did, t.rkey
  FROM (SELECT id, did FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL ({newest_first}) t
)sql",
                                 {{"newest_first", newest_first},
                                  {"columns", "cid, rkey"},
                                  {"rows", "blocks WHERE creator_id = o.id AND NOT duplicate"},
                                  {"time", sort_time}})};

const db::statement select_members{
    "list_members",
    db::compose_sql(R"sql(
  SELECT t.sort_at, t.cid, c.did, t.rkey, u.did,
    coalesce(l.is_reference_list AND (
      SELECT true
      FROM reference_list_opt_outs
      WHERE list_id = s.id AND creator_id = t.subject_id AND NOT duplicate
      LIMIT 1
    ), false),
    coalesce(l.creator_id = (SELECT id FROM users WHERE did = $7), false), t.parked
  FROM {subject}
  LEFT JOIN LATERAL (
    SELECT creator_id, purpose = 'app.bsky.graph.defs#referencelist' AS is_reference_list
    FROM lists
    WHERE id = s.id
    LIMIT 1
  ) l ON true
  CROSS JOIN LATERAL (
    {newest_first}
    UNION ALL
    (
      SELECT cid, creator_id, other_id, rkey, place, {time}
      FROM (SELECT * FROM pending_ops WHERE referent_id = s.id LIMIT {max_parked}) p
      WHERE collection = 10 /* list_item */
    )
  ) t
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = t.creator_id LIMIT 1) c
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = t.subject_id LIMIT 1) u
)sql",
                    {{"subject", subject_by_uri},
                     {"newest_first", newest_first},
                     {"columns", "cid, creator_id, subject_id, rkey, NULL::int8 AS parked"},
                     {"rows", "list_items WHERE list_id = s.id AND NOT duplicate"},
                     {"time", sort_time},
                     {"max_parked", max_parked_listed}})};

// These two are by createdAt, which may lie in the future.
const db::statement select_feeds{"feeds_by", db::compose_sql(R"sql(
  SELECT t.created_at, t.cid, o.did, u.rkey
  FROM (SELECT id, did FROM users WHERE did = $1 LIMIT 1) o
  CROSS JOIN LATERAL (
    SELECT id, created_at, cid
    FROM feed_generators
    WHERE creator_id = o.id
    ORDER BY created_at DESC
    LIMIT (SELECT {max_read}::int8)
  ) t
  CROSS JOIN LATERAL (SELECT rkey FROM uris WHERE id = t.id LIMIT 1) u
)sql",
                                                             {{"max_read", max_read_whole}})};

const db::statement select_blocking_lists{
    "blocking_lists", db::compose_sql(R"sql(
  SELECT l.created_at, l.cid, c.did, u.rkey
  FROM (
    SELECT list_id
    FROM list_blocks
    WHERE creator_id = (SELECT id FROM users WHERE did = $1) AND NOT duplicate
      AND {time} IS NOT NULL /* as the index says */
    ORDER BY {time} DESC
    LIMIT (SELECT {max_read}::int8)
  ) b
  CROSS JOIN LATERAL (SELECT * FROM lists WHERE id = b.list_id LIMIT 1) l
  CROSS JOIN LATERAL (SELECT rkey FROM uris WHERE id = l.id LIMIT 1) u
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = l.creator_id LIMIT 1) c
)sql",
                                      {{"time", sort_time}, {"max_read", max_read_whole}})};

template <collection Kind>
void read_as(listed_record& out, db::row_reader& row) {
  read_listed(out, row, Kind);
}

[[nodiscard]] outcome<record_page> read_by(executor& on, const db::statement& select,
                                           collection kind, std::string_view did,
                                           const page_request& page) {
  return list_records(
      on, select, page, [&](std::size_t more) { return account_params(did, page, more); },
      [kind](listed_record& out, db::row_reader& row) { read_listed(out, row, kind); });
}

} // namespace

outcome<record_page> lists_by(executor& on, std::string_view did, const page_request& page) {
  return read_by(on, select_lists_by, collection::list, did, page);
}

outcome<record_page> feeds_by(executor& on, std::string_view did, const page_request& page) {
  return list_whole(on, select_feeds, did, page, read_as<collection::feed_generator>);
}

outcome<record_page> starter_packs_by(executor& on, std::string_view did,
                                      const page_request& page) {
  return read_by(on, select_packs, collection::starter_pack, did, page);
}

outcome<record_page> blocks_by(executor& on, std::string_view did, const page_request& page) {
  return read_by(on, select_blocks, collection::block, did, page);
}

outcome<record_page> list_members(executor& on, std::string_view uri, std::string_view viewer,
                                  const page_request& page) {
  return list_records(
      on, select_members, page,
      [&](std::size_t more) {
        auto p = subject_params(uri, page, more);
        p.text(viewer);
        return p;
      },
      [](listed_record& out, db::row_reader& row) {
        read_listed(out, row, collection::list_item);
        bool is_creator = false;
        row >> out.other >> out.opted_out >> is_creator >> out.parked;
        out.shown = is_creator || !out.opted_out;
      });
}

outcome<record_page> blocking_lists(executor& on, std::string_view did, const page_request& page) {
  return list_whole(on, select_blocking_lists, did, page, read_as<collection::list>);
}

} // namespace prism::reads
