#include "db/reads/by_actor.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/uri_args.hpp"

#include <functional>

namespace prism::reads {

namespace {

using atproto::collection;

/// Fragment {actor}: its users.id, looked up once.
constexpr std::string_view actor_id = "(SELECT id FROM users WHERE did = $4)";

/// Likes and reposts have the same columns.
[[nodiscard]] const char* of_subjects(std::string_view table, std::string_view kind) {
  return db::compose_sql(
      R"sql(
  SELECT asked.at, $4, r.rkey
  FROM {asked_uris}
  CROSS JOIN LATERAL (
    (
      SELECT rkey
      FROM {table}
      WHERE subject_id = asked.id AND creator_id = {actor} AND NOT duplicate
      LIMIT 1
    )
    UNION ALL
    (
      SELECT rkey
      FROM pending_ops p
      WHERE referent_id = asked.id AND creator_id = {actor} AND collection = {kind}
        AND place = (
          SELECT min(place)
          FROM pending_ops
          WHERE referent_id = p.referent_id AND creator_id = p.creator_id
            AND collection = p.collection)
      LIMIT 1
    )
    LIMIT 1
  ) r
)sql",
      {{"asked_uris", asked_uris}, {"actor", actor_id}, {"table", table}, {"kind", kind}});
}

const db::statement select_likes{"likes_by_of", of_subjects("likes", "2 /* like */")};
const db::statement select_reposts{"reposts_by_of", of_subjects("reposts", "3 /* repost */")};

const db::statement select_follows{"follows_by_of", R"sql(
  SELECT n.at, $2::text, r.rkey
  FROM unnest($1::text[]) WITH ORDINALITY AS n(did, at)
  CROSS JOIN LATERAL (SELECT id FROM users WHERE did = n.did LIMIT 1) u
  CROSS JOIN LATERAL (
    SELECT rkey
    FROM follows
    WHERE subject_id = u.id AND creator_id = (SELECT id FROM users WHERE did = $2)
      AND NOT duplicate
    LIMIT 1
  ) r
)sql"};

const db::statement select_list_blocks{
    "list_blocks_by_of", db::compose_sql(R"sql(
  SELECT asked.at, $4, r.rkey
  FROM {asked_uris}
  CROSS JOIN LATERAL (
    SELECT rkey
    FROM list_blocks
    WHERE list_id = asked.id AND creator_id = {actor} AND NOT duplicate
    LIMIT 1
  ) r
)sql",
                                         {{"asked_uris", asked_uris}, {"actor", actor_id}})};

const db::statement select_opt_outs{
    "opt_outs_by_of", db::compose_sql(R"sql(
  SELECT asked.at, $4, r.rkey
  FROM {asked_uris}
  CROSS JOIN LATERAL (
    SELECT id
    FROM lists
    WHERE id = asked.id AND purpose = 'app.bsky.graph.defs#referencelist'
    LIMIT 1
  ) l
  CROSS JOIN LATERAL (
    SELECT rkey
    FROM reference_list_opt_outs
    WHERE list_id = l.id AND creator_id = {actor} AND NOT duplicate
    LIMIT 1
  ) r
)sql",
                                      {{"asked_uris", asked_uris}, {"actor", actor_id}})};

const db::statement select_memberships{
    "memberships_of", db::compose_sql(R"sql(
  SELECT asked.at, c.did, r.rkey
  FROM {asked_uris}
  CROSS JOIN LATERAL (
    SELECT creator_id, rkey
    FROM list_items
    WHERE list_id = asked.id AND subject_id = {actor} AND NOT duplicate
    LIMIT 1
  ) r
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = r.creator_id LIMIT 1) c
)sql",
                                      {{"asked_uris", asked_uris}, {"actor", actor_id}})};

/// Runs a statement that returns the place of an argument, from 1, and creator and rkey of a
/// record.
[[nodiscard]] outcome<uris_or_empty> by_place(executor& on, const db::statement& select,
                                              const db::params& p, collection kind,
                                              std::size_t arguments) {
  const auto rows = on.exec_prepared(select, p);
  if (!rows)
    return tl::unexpected(rows.error());
  uris_or_empty out(arguments);
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::int64_t at = 0;
    std::string_view did;
    std::string_view rkey;
    db::row_reader(*rows, i) >> at >> did >> rkey;
    out[static_cast<std::size_t>(at - 1)] = db::uri_text(did, kind, rkey);
  }
  return out;
}

[[nodiscard]] outcome<uris_or_empty> of_uris(executor& on, const db::statement& select,
                                             std::string_view actor, collection kind,
                                             std::span<const std::string_view> uris) {
  if (uris.empty())
    return uris_or_empty{};
  db::params p;
  add_uris(p, uris, std::identity{});
  p.text(actor);
  return by_place(on, select, p, kind, uris.size());
}

} // namespace

outcome<uris_or_empty> likes_by_of(executor& on, std::string_view actor,
                                   std::span<const std::string_view> subjects) {
  return of_uris(on, select_likes, actor, collection::like, subjects);
}

outcome<uris_or_empty> reposts_by_of(executor& on, std::string_view actor,
                                     std::span<const std::string_view> subjects) {
  return of_uris(on, select_reposts, actor, collection::repost, subjects);
}

outcome<uris_or_empty> follows_by_of(executor& on, std::string_view actor,
                                     std::span<const std::string_view> subjects) {
  if (subjects.empty())
    return uris_or_empty{};
  db::params p;
  p.text_array(subjects).text(actor);
  return by_place(on, select_follows, p, collection::follow, subjects.size());
}

outcome<uris_or_empty> list_blocks_by_of(executor& on, std::string_view actor,
                                         std::span<const std::string_view> lists) {
  return of_uris(on, select_list_blocks, actor, collection::list_block, lists);
}

outcome<uris_or_empty> opt_outs_by_of(executor& on, std::string_view actor,
                                      std::span<const std::string_view> lists) {
  return of_uris(on, select_opt_outs, actor, collection::reference_list_opt_out, lists);
}

outcome<uris_or_empty> memberships_of(executor& on, std::string_view actor,
                                      std::span<const std::string_view> lists) {
  return of_uris(on, select_memberships, actor, collection::list_item, lists);
}

} // namespace prism::reads
