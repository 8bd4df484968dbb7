#include "db/reads/actors.hpp"

#include "db/batch/rebuild.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/answer_limit.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/ordinal.hpp"

namespace prism::reads {

namespace {

// Looks up each account and each record separately; without LIMIT a plan for empty tables would
// not. $1: see answer_limit.hpp.
const db::statement select_actors{
    "actors", db::compose_sql(R"sql(
  {trusted}
  SELECT n.at, z.bytes, o.indexed_at IS NOT NULL, o.handle, o.status, coalesce(l.found, false),
    p.cid, CASE WHEN z.bytes <= $1 THEN p.record END, p.commit_time, p.created_at,
    s.cid, CASE WHEN z.bytes <= $1 THEN s.record END, s.commit_time, s.created_at,
    c.cid, CASE WHEN z.bytes <= $1 THEN c.record END, c.commit_time, NULL::timestamptz,
    d.cid, CASE WHEN z.bytes <= $1 THEN d.record END, d.commit_time, NULL::timestamptz,
    g.cid, CASE WHEN z.bytes <= $1 THEN g.record END, g.commit_time, NULL::timestamptz,
    coalesce(tv.found, false), CASE WHEN z.bytes <= $1 THEN v.list END
  FROM unnest($2::int8[]) WITH ORDINALITY AS n(id, at)
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = n.id LIMIT 1) o
  LEFT JOIN LATERAL (
    SELECT true AS found FROM labelers WHERE creator_id = o.id AND rkey = 'self' LIMIT 1
  ) l ON true
  LEFT JOIN LATERAL (
    SELECT * FROM profiles WHERE creator_id = o.id AND rkey = 'self' LIMIT 1
  ) p ON true
  LEFT JOIN LATERAL (
    SELECT * FROM statuses WHERE creator_id = o.id AND rkey = 'self' LIMIT 1
  ) s ON true
  LEFT JOIN LATERAL (
    SELECT * FROM declarations
    WHERE creator_id = o.id AND collection = 18 /* chat_declaration */ AND rkey = 'self'
    LIMIT 1
  ) c ON true
  LEFT JOIN LATERAL (
    SELECT * FROM declarations
    WHERE creator_id = o.id AND collection = 17 /* notification_declaration */ AND rkey = 'self'
    LIMIT 1
  ) d ON true
  LEFT JOIN LATERAL (
    SELECT * FROM declarations
    WHERE creator_id = o.id AND collection = 19 /* germ_declaration */ AND rkey = 'self'
    LIMIT 1
  ) g ON true
  LEFT JOIN LATERAL (SELECT true AS found FROM trusted WHERE id = o.id LIMIT 1) tv ON true
  {verified_by}
  CROSS JOIN LATERAL (
    SELECT (
      coalesce(octet_length(p.record), 0) + coalesce(octet_length(s.record), 0)
      + coalesce(octet_length(c.record), 0) + coalesce(octet_length(d.record), 0)
      + coalesce(octet_length(g.record), 0) + coalesce(octet_length(v.list), 0)
    )::int8 AS bytes
    OFFSET 0
  ) z
)sql",
                              {{"trusted", trusted_ctes}, {"verified_by", verified_by_list}})};

const db::statement select_handles{"dids_of_handles", R"sql(
  SELECT n.at, u.did
  FROM unnest($1::text[]) WITH ORDINALITY AS n(handle, at)
  CROSS JOIN LATERAL (SELECT did FROM users WHERE handle = n.handle LIMIT 1) u
)sql"};

const db::statement select_rev{"latest_rev", R"sql(
  SELECT r.rev
  FROM (SELECT id FROM users WHERE did = $1 LIMIT 1) u
  CROSS JOIN LATERAL (SELECT rev FROM repos WHERE user_id = u.id LIMIT 1) r
)sql"};

db::row_reader& operator>>(db::row_reader& row, kept_record& out) {
  std::optional<std::span<const std::byte>> cid;
  row >> cid >> out.block >> db::timestamp(out.commit_time) >> db::timestamp(out.created_at);
  if (cid)
    out.cid = db::unpack_cid(*cid);
  return row;
}

} // namespace

void leave_out_records(actor& of) {
  of.left_out = true;
  of.verified_by.clear();
  for (auto* each : {&of.profile, &of.status_record, &of.chat_declaration,
                     &of.notification_declaration, &of.germ_declaration})
    *each = {};
}

db::outcome<std::vector<actor>> actors(session& on, std::span<const std::string_view> dids) {
  const auto all = ids_of_dids(on, dids);
  if (!all)
    return tl::unexpected(all.error());
  return read_within(dids.size(), max_record_bytes,
                     [&](std::span<const std::size_t> which,
                         std::int64_t max_bytes) -> db::outcome<std::vector<actor>> {
                       db::params p;
                       p.int8(max_bytes).int8_array(which,
                                                    [&](std::size_t i) { return (*all)[i]; });
                       const auto rows = on.exec_prepared(select_actors, p);
                       if (!rows)
                         return tl::unexpected(rows.error());
                       return db::read_rows<actor>(*rows, [&](actor& out, db::row_reader& row) {
                         std::string_view verified_by;
                         row >> db::ordinal(out.at) >> out.size >> out.indexed >> out.handle >>
                             out.status >> out.labeler >> out.profile >> out.status_record >>
                             out.chat_declaration >> out.notification_declaration >>
                             out.germ_declaration >> out.trusted_verifier >> verified_by;
                         out.verified_by = parse_verified_by(verified_by);
                         out.at = which[out.at];
                         if (out.size > max_bytes)
                           leave_out_records(out);
                       });
                     });
}

db::outcome<std::vector<std::string>> dids_of_handles(db::executor& on,
                                                      std::span<const std::string_view> handles) {
  db::params p;
  p.text_array(handles);
  const auto rows = on.exec_prepared(select_handles, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<std::string> out(handles.size());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::size_t at = 0;
    std::string_view did;
    db::row_reader(*rows, i) >> db::ordinal(at) >> did;
    out[at] = did;
  }
  return out;
}

db::outcome<std::string> latest_rev(db::executor& on, std::string_view did) {
  db::params p;
  p.text(did);
  const auto rows = on.exec_prepared(select_rev, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return rows->empty() ? std::string{} : std::string{rows->get_text(0, 0)};
}

} // namespace prism::reads
