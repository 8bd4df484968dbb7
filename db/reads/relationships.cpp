#include "db/reads/relationships.hpp"

#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/record_list.hpp"

namespace prism::reads {

namespace {

using atproto::collection;

/// The uris.id of a list by which {blocker} blocks and on which {member} is; null if there is none.
constexpr std::string_view list_between = R"sql((
        SELECT coalesce(min(list_id) FILTER (WHERE moderates), min(list_id))
        FROM (
          SELECT i.list_id, (
            SELECT purpose = 'app.bsky.graph.defs#modlist' FROM lists WHERE id = i.list_id
          ) AS moderates
          FROM (
            SELECT list_id
            FROM list_blocks
            WHERE creator_id = {blocker} AND NOT duplicate
              AND least(created_at, commit_time) IS NOT NULL
            ORDER BY least(created_at, commit_time) DESC
            LIMIT (SELECT 1000::int8)
          ) s
          CROSS JOIN LATERAL (
            SELECT list_id
            FROM list_items
            WHERE list_id = s.list_id AND subject_id = {member} AND NOT duplicate
            LIMIT 1
          ) i
        ) l
      ))sql";

/// The rkey of the record in {table} by which {creator} refers to {subject}; null if there is none.
constexpr std::string_view rkey_between = R"sql((
        SELECT rkey FROM {table}
        WHERE subject_id = {subject} AND creator_id = {creator} AND NOT duplicate
        LIMIT 1
      ))sql";

[[nodiscard]] std::string_view list_of(std::string_view blocker, std::string_view member) {
  return db::compose_sql(list_between, {{"blocker", blocker}, {"member", member}});
}

[[nodiscard]] std::string_view rkey_of(std::string_view table, std::string_view creator,
                                       std::string_view subject) {
  return db::compose_sql(rkey_between,
                         {{"table", table}, {"creator", creator}, {"subject", subject}});
}

const db::statement select_relationships{
    "relationships", db::compose_sql(R"sql(
  SELECT r.at, $2::text, r.did, r.blocking, r.blocked_by, x.did, x.collection, x.rkey,
    y.did, y.collection, y.rkey, r.following, r.followed_by
  FROM (
    SELECT t.at, t.did,
      {blocking} AS blocking, {blocked_by} AS blocked_by,
      {blocking_list} AS blocking_list, {blocked_by_list} AS blocked_by_list,
      {following} AS following, {followed_by} AS followed_by
    FROM unnest($1::text[]) WITH ORDINALITY AS n(did, at)
    CROSS JOIN LATERAL (
      SELECT n.at, n.did, id AS other, (SELECT id FROM users WHERE did = $2) AS actor
      FROM users
      WHERE did = n.did AND indexed_at IS NOT NULL
      LIMIT 1
    ) t
    OFFSET 0
  ) r
  LEFT JOIN {blocking_uri} ON true
  LEFT JOIN {blocked_by_uri} ON true
  WHERE coalesce(r.blocking, r.blocked_by, r.following, r.followed_by) IS NOT NULL
    OR coalesce(r.blocking_list, r.blocked_by_list) IS NOT NULL
)sql",
                                     {{"blocking", rkey_of("blocks", "t.actor", "t.other")},
                                      {"blocked_by", rkey_of("blocks", "t.other", "t.actor")},
                                      {"following", rkey_of("follows", "t.actor", "t.other")},
                                      {"followed_by", rkey_of("follows", "t.other", "t.actor")},
                                      {"blocking_list", list_of("t.actor", "t.other")},
                                      {"blocked_by_list", list_of("t.other", "t.actor")},
                                      {"blocking_uri", uri_named("x", "r.blocking_list")},
                                      {"blocked_by_uri", uri_named("y", "r.blocked_by_list")}})};

const db::statement select_pairs{
    "blocks_of_pairs", db::compose_sql(R"sql(
  SELECT r.at, r.one_did, r.other_did, r.blocking, r.blocked_by, x.did, x.collection, x.rkey,
    y.did, y.collection, y.rkey
  FROM (
    SELECT n.at, n.one AS one_did, n.other AS other_did,
      {blocking} AS blocking, {blocked_by} AS blocked_by,
      {blocking_list} AS blocking_list, {blocked_by_list} AS blocked_by_list
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(one, other, at)
    CROSS JOIN LATERAL (SELECT id FROM users WHERE did = n.one LIMIT 1) a
    CROSS JOIN LATERAL (SELECT id FROM users WHERE did = n.other LIMIT 1) b
    OFFSET 0
  ) r
  LEFT JOIN {blocking_uri} ON true
  LEFT JOIN {blocked_by_uri} ON true
  WHERE coalesce(r.blocking, r.blocked_by) IS NOT NULL
    OR coalesce(r.blocking_list, r.blocked_by_list) IS NOT NULL
)sql",
                                       {{"blocking", rkey_of("blocks", "a.id", "b.id")},
                                        {"blocked_by", rkey_of("blocks", "b.id", "a.id")},
                                        {"blocking_list", list_of("a.id", "b.id")},
                                        {"blocked_by_list", list_of("b.id", "a.id")},
                                        {"blocking_uri", uri_named("x", "r.blocking_list")},
                                        {"blocked_by_uri", uri_named("y", "r.blocked_by_list")}})};

/// The uri of a record between two accounts, if the next column has its rkey.
[[nodiscard]] std::string read_record(db::row_reader& row, std::string_view creator,
                                      collection kind) {
  std::optional<std::string_view> rkey;
  row >> rkey;
  return rkey ? db::uri_text(creator, kind, *rkey) : std::string{};
}

struct two_dids {
  std::string_view one;
  std::string_view other;
};

[[nodiscard]] blocks_between read_blocks(db::row_reader& row, const two_dids& of) {
  blocks_between out;
  out.blocking = read_record(row, of.one, collection::block);
  out.blocked_by = read_record(row, of.other, collection::block);
  out.blocking_by_list = read_uri(row);
  out.blocked_by_list = read_uri(row);
  return out;
}

/// Runs a statement that returns the place of an argument, from 1, and the DIDs of two accounts.
template <class Row, class Read>
[[nodiscard]] outcome<std::vector<Row>> by_place(executor& on, const db::statement& select,
                                                 const db::params& p, std::size_t arguments,
                                                 Read read) {
  const auto rows = on.exec_prepared(select, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<Row> out(arguments);
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    db::row_reader row(*rows, i);
    std::int64_t at = 0;
    two_dids of;
    row >> at >> of.one >> of.other;
    out[static_cast<std::size_t>(at - 1)] = read(row, of);
  }
  return out;
}

} // namespace

outcome<std::vector<relationship>> relationships(executor& on, std::string_view actor,
                                                 std::span<const std::string_view> others) {
  if (others.empty())
    return std::vector<relationship>{};
  db::params p;
  p.text_array(others).text(actor);
  return by_place<relationship>(on, select_relationships, p, others.size(),
                                [](db::row_reader& row, const two_dids& of) {
                                  relationship out;
                                  out.blocks = read_blocks(row, of);
                                  out.following = read_record(row, of.one, collection::follow);
                                  out.followed_by = read_record(row, of.other, collection::follow);
                                  return out;
                                });
}

outcome<std::vector<blocks_between>>
blocks_of_pairs(executor& on,
                std::span<const std::pair<std::string_view, std::string_view>> pairs) {
  using pair = std::pair<std::string_view, std::string_view>;
  if (pairs.empty())
    return std::vector<blocks_between>{};
  db::params p;
  p.text_array(pairs, &pair::first).text_array(pairs, &pair::second);
  return by_place<blocks_between>(
      on, select_pairs, p, pairs.size(),
      [](db::row_reader& row, const two_dids& of) { return read_blocks(row, of); });
}

} // namespace prism::reads
