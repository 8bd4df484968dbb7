#include "db/reads/by_actor.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/ordinal.hpp"
#include "db/reads/record_list.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

namespace prism::reads {

namespace {

using atproto::collection;

// $1 is the actor's users.id, $2 those of the subjects. Of the records that wait for one subject
// the first one counts. Nothing bounds how often an account likes what is not there, so it is the
// first of some of them.
/// Likes and reposts have the same columns.
[[nodiscard]] const char* of_subjects(std::string_view table, std::string_view kind) {
  return db::compose_sql(
      R"sql(
  SELECT asked.at, r.rkey
  FROM unnest($2::int8[]) WITH ORDINALITY AS asked(id, at)
  CROSS JOIN LATERAL (
    (
      SELECT rkey
      FROM {table}
      WHERE subject_id = asked.id AND creator_id = $1 AND NOT duplicate
      LIMIT 1
    )
    UNION ALL
    (
      SELECT rkey
      FROM (
        SELECT (array_agg(rkey ORDER BY place))[1] AS rkey
        FROM (
          SELECT rkey, place
          FROM pending_ops
          WHERE referent_id = asked.id AND creator_id = $1 AND collection = {kind}
          LIMIT 1000
        ) p
      ) first
      WHERE rkey IS NOT NULL
    )
    LIMIT 1
  ) r
)sql",
      {{"table", table}, {"kind", kind}});
}

const db::statement select_likes{"likes_by_of", of_subjects("likes", "2 /* like */")};
const db::statement select_reposts{"reposts_by_of", of_subjects("reposts", "3 /* repost */")};

const db::statement select_follows_by{"follows_by_of", R"sql(
  SELECT asked.at, r.rkey
  FROM unnest($2::int8[]) WITH ORDINALITY AS asked(id, at)
  CROSS JOIN LATERAL (
    SELECT rkey
    FROM follows
    WHERE subject_id = asked.id AND creator_id = $1 AND NOT duplicate
    LIMIT 1
  ) r
)sql"};

const db::statement select_list_blocks{"list_blocks_by_of", R"sql(
  SELECT asked.at, r.rkey
  FROM unnest($2::int8[]) WITH ORDINALITY AS asked(id, at)
  CROSS JOIN LATERAL (
    SELECT rkey
    FROM list_blocks
    WHERE list_id = asked.id AND creator_id = $1 AND NOT duplicate
    LIMIT 1
  ) r
)sql"};

const db::statement select_opt_outs{"opt_outs_by_of", R"sql(
  SELECT asked.at, r.rkey
  FROM unnest($2::int8[]) WITH ORDINALITY AS asked(id, at)
  CROSS JOIN LATERAL (
    SELECT id
    FROM lists
    WHERE id = asked.id AND purpose = 'app.bsky.graph.defs#referencelist'
    LIMIT 1
  ) l
  CROSS JOIN LATERAL (
    SELECT rkey
    FROM reference_list_opt_outs
    WHERE list_id = l.id AND creator_id = $1 AND NOT duplicate
    LIMIT 1
  ) r
)sql"};

const db::statement select_memberships{"memberships_of",
                                       db::compose_sql(R"sql(
  SELECT asked.at, r.rkey, r.creator_id
  FROM unnest($2::int8[]) WITH ORDINALITY AS asked(id, at)
  CROSS JOIN LATERAL (
    (
      SELECT creator_id, rkey
      FROM list_items
      WHERE list_id = asked.id AND subject_id = $1 AND NOT duplicate
      LIMIT 1
    )
    UNION ALL
    (
      SELECT creator_id, rkey
      FROM (SELECT * FROM pending_ops WHERE referent_id = asked.id LIMIT {max_parked}) p
      WHERE collection = 10 /* list_item */ AND other_id = $1
      LIMIT 1
    )
    LIMIT 1
  ) r
)sql",
                                                       {{"max_parked", max_parked_listed}})};

struct membership {
  std::size_t at{0}; ///< of the list
  std::string_view rkey;
  std::int64_t creator_id{0};
};

/// The rows of `select_memberships`; they are valid as long as the result.
[[nodiscard]] std::vector<membership> read_memberships(const db::result& rows) {
  return db::read_rows<membership>(rows, [](membership& out, db::row_reader& row) {
    row >> db::ordinal(out.at) >> out.rkey >> out.creator_id;
  });
}

/// Runs a statement for an actor and subjects; empty if none of them, or not the actor, is known.
[[nodiscard]] outcome<std::optional<db::result>> run(session& on, const db::statement& select,
                                                     std::string_view actor, const ids& subjects) {
  if (std::ranges::count(subjects, 0) == std::ssize(subjects))
    return std::nullopt;
  const auto id = ids_of_dids(on, std::array{actor});
  if (!id)
    return tl::unexpected(id.error());
  if (id->front() == 0)
    return std::nullopt;
  db::params p;
  p.int8(id->front()).int8_array(subjects);
  auto rows = on.exec_prepared(select, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return std::move(*rows);
}

/// Of each subject the record that the statement finds, which is the actor's.
[[nodiscard]] outcome<uris_or_empty> by_actor(session& on, const db::statement& select,
                                              std::string_view actor, collection kind,
                                              const outcome<ids>& subjects) {
  if (!subjects)
    return tl::unexpected(subjects.error());
  uris_or_empty out(subjects->size());
  const auto found = run(on, select, actor, *subjects);
  if (!found)
    return tl::unexpected(found.error());
  if (!*found)
    return out;
  const auto& rows = **found;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    std::size_t at = 0;
    std::string_view rkey;
    db::row_reader(rows, i) >> db::ordinal(at) >> rkey;
    out[at] = db::uri_text(actor, kind, rkey);
  }
  return out;
}

} // namespace

outcome<uris_or_empty> likes_by_of(session& on, std::string_view actor,
                                   std::span<const std::string_view> subjects) {
  return by_actor(on, select_likes, actor, collection::like, ids_of_uris(on, subjects));
}

outcome<uris_or_empty> reposts_by_of(session& on, std::string_view actor,
                                     std::span<const std::string_view> subjects) {
  return by_actor(on, select_reposts, actor, collection::repost, ids_of_uris(on, subjects));
}

outcome<uris_or_empty> follows_by_of(session& on, std::string_view actor,
                                     std::span<const std::string_view> subjects) {
  return by_actor(on, select_follows_by, actor, collection::follow, ids_of_dids(on, subjects));
}

outcome<uris_or_empty> list_blocks_by_of(session& on, std::string_view actor,
                                         std::span<const std::string_view> lists) {
  return by_actor(on, select_list_blocks, actor, collection::list_block, ids_of_uris(on, lists));
}

outcome<uris_or_empty> opt_outs_by_of(session& on, std::string_view actor,
                                      std::span<const std::string_view> lists) {
  return by_actor(on, select_opt_outs, actor, collection::reference_list_opt_out,
                  ids_of_uris(on, lists));
}

outcome<uris_or_empty> memberships_of(session& on, std::string_view member,
                                      std::span<const std::string_view> lists) {
  const auto asked = ids_of_uris(on, lists);
  if (!asked)
    return tl::unexpected(asked.error());
  uris_or_empty out(asked->size());
  const auto found = run(on, select_memberships, member, *asked);
  if (!found)
    return tl::unexpected(found.error());
  if (!*found)
    return out;
  const auto rows = read_memberships(**found);
  ids creators;
  for (const auto& each : rows)
    creators.push_back(each.creator_id);
  const auto dids = dids_of_ids(on, creators);
  if (!dids)
    return tl::unexpected(dids.error());
  for (const auto& each : rows)
    if (const auto did = dids->find(each.creator_id); did != dids->end())
      out[each.at] = db::uri_text(did->second, collection::list_item, each.rkey);
  return out;
}

} // namespace prism::reads
