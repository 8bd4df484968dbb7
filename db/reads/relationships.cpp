#include "db/reads/relationships.hpp"

#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/ordinal.hpp"
#include "db/reads/page.hpp"

#include <algorithm>
#include <numeric>

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
            LIMIT (SELECT {lists}::int8)
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

/// @param lists how many of the blocker's lists count
[[nodiscard]] std::string_view list_of(std::string_view blocker, std::string_view member,
                                       std::string_view lists) {
  return db::compose_sql(list_between,
                         {{"blocker", blocker}, {"member", member}, {"lists", lists}});
}

/// Of the lists of one account in a call about so many; `of_call` for all of them together.
[[nodiscard]] std::int64_t lists_of_each(std::size_t accounts, std::size_t of_call) {
  constexpr std::size_t least = 50;
  return limit_param(std::clamp(of_call / accounts, least, max_list_blocks));
}

[[nodiscard]] std::string_view rkey_of(std::string_view table, std::string_view creator,
                                       std::string_view subject) {
  return db::compose_sql(rkey_between,
                         {{"table", table}, {"creator", creator}, {"subject", subject}});
}

// $1 is the actor's users.id, $2 those of the others, $3 and $4 say how many of the actor's and of
// another one's lists count.
const db::statement select_relationships{
    "relationships", db::compose_sql(R"sql(
  SELECT r.*
  FROM (
    SELECT n.at, {blocking} AS blocking, {blocked_by} AS blocked_by,
      {blocking_list} AS blocking_list, {blocked_by_list} AS blocked_by_list,
      {following} AS following, {followed_by} AS followed_by
    FROM unnest($2::int8[]) WITH ORDINALITY AS n(id, at)
    CROSS JOIN LATERAL (
      SELECT FROM users WHERE id = n.id AND indexed_at IS NOT NULL LIMIT 1
    ) u
    OFFSET 0
  ) r
  WHERE coalesce(r.blocking, r.blocked_by, r.following, r.followed_by) IS NOT NULL
    OR coalesce(r.blocking_list, r.blocked_by_list) IS NOT NULL
)sql",
                                     {{"blocking", rkey_of("blocks", "$1", "n.id")},
                                      {"blocked_by", rkey_of("blocks", "n.id", "$1")},
                                      {"following", rkey_of("follows", "$1", "n.id")},
                                      {"followed_by", rkey_of("follows", "n.id", "$1")},
                                      {"blocking_list", list_of("$1", "n.id", "$3")},
                                      {"blocked_by_list", list_of("n.id", "$1", "$4")}})};

// $1 and $2 are the users.ids of each pair, $3 says how many of one's lists count.
const db::statement select_pairs{
    "blocks_of_pairs", db::compose_sql(R"sql(
  SELECT r.*
  FROM (
    SELECT n.at, {blocking} AS blocking, {blocked_by} AS blocked_by,
      {blocking_list} AS blocking_list, {blocked_by_list} AS blocked_by_list
    FROM unnest($1::int8[], $2::int8[]) WITH ORDINALITY AS n(one, other, at)
    OFFSET 0
  ) r
  WHERE coalesce(r.blocking, r.blocked_by) IS NOT NULL
    OR coalesce(r.blocking_list, r.blocked_by_list) IS NOT NULL
)sql",
                                       {{"blocking", rkey_of("blocks", "n.one", "n.other")},
                                        {"blocked_by", rkey_of("blocks", "n.other", "n.one")},
                                        {"blocking_list", list_of("n.one", "n.other", "$3")},
                                        {"blocked_by_list", list_of("n.other", "n.one", "$3")}})};

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

/// What a row says, with lists by their uris.ids; 0: none.
struct found_blocks {
  blocks_between blocks;
  std::int64_t blocking_list{0};
  std::int64_t blocked_by_list{0};
};

[[nodiscard]] found_blocks read_blocks(db::row_reader& row, const two_dids& of) {
  found_blocks out;
  out.blocks.blocking = read_record(row, of.one, collection::block);
  out.blocks.blocked_by = read_record(row, of.other, collection::block);
  row >> out.blocking_list >> out.blocked_by_list;
  return out;
}

/// Fills in the uris of the lists.
/// @param blocks_of gives the blocks of an element of `out`
template <class Row, class Blocks>
[[nodiscard]] outcome<std::vector<Row>> with_lists(session& on, std::vector<Row> out,
                                                   const std::vector<found_blocks>& found,
                                                   Blocks blocks_of) {
  ids lists;
  for (const auto& each : found)
    lists.insert(lists.end(), {each.blocking_list, each.blocked_by_list});
  const auto uris = uris_of_ids(on, std::move(lists));
  if (!uris)
    return tl::unexpected(uris.error());
  const auto uri_of = [&](std::int64_t id) {
    const auto at = uris->find(id);
    return at == uris->end() ? std::string{} : at->second;
  };
  for (std::size_t i = 0; i < out.size(); ++i) {
    blocks_between& blocks = blocks_of(out[i]);
    blocks.blocking_by_list = uri_of(found[i].blocking_list);
    blocks.blocked_by_list = uri_of(found[i].blocked_by_list);
  }
  return out;
}

} // namespace

outcome<std::vector<relationship>> relationships(session& on, std::string_view actor,
                                                 std::span<const std::string_view> others) {
  if (others.empty())
    return std::vector<relationship>{};
  std::vector<std::string_view> dids{others.begin(), others.end()};
  dids.push_back(actor);
  auto asked = ids_of_dids(on, dids);
  if (!asked)
    return tl::unexpected(asked.error());
  db::params p;
  p.int8(asked->back());
  asked->pop_back();
  p.int8_array(*asked)
      .int8(lists_of_each(others.size(), max_own_lists_of_call))
      .int8(lists_of_each(others.size(), max_lists_of_call));
  const auto rows = on.exec_prepared(select_relationships, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<relationship> out(others.size());
  std::vector<found_blocks> found(others.size());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    db::row_reader row(*rows, i);
    std::size_t place = 0;
    row >> db::ordinal(place);
    const two_dids of{actor, others[place]};
    found[place] = read_blocks(row, of);
    out[place].blocks = std::move(found[place].blocks);
    out[place].following = read_record(row, of.one, collection::follow);
    out[place].followed_by = read_record(row, of.other, collection::follow);
  }
  return with_lists(on, std::move(out), found,
                    [](relationship& each) -> blocks_between& { return each.blocks; });
}

outcome<std::vector<blocks_between>>
blocks_of_pairs(session& on, std::span<const std::pair<std::string_view, std::string_view>> pairs) {
  if (pairs.empty())
    return std::vector<blocks_between>{};
  std::vector<std::string_view> dids;
  dids.reserve(2 * pairs.size());
  for (const auto& [one, other] : pairs)
    dids.insert(dids.end(), {one, other});
  const auto asked = ids_of_dids(on, dids);
  if (!asked)
    return tl::unexpected(asked.error());
  std::vector<std::size_t> places(pairs.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  db::params p;
  p.int8_array(places, [&](std::size_t i) {
     return (*asked)[2 * i];
   }).int8_array(places, [&](std::size_t i) { return (*asked)[2 * i + 1]; });
  p.int8(lists_of_each(pairs.size(), max_lists_of_call));
  const auto rows = on.exec_prepared(select_pairs, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<blocks_between> out(pairs.size());
  std::vector<found_blocks> found(pairs.size());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    db::row_reader row(*rows, i);
    std::size_t place = 0;
    row >> db::ordinal(place);
    found[place] = read_blocks(row, {pairs[place].first, pairs[place].second});
    out[place] = std::move(found[place].blocks);
  }
  return with_lists(on, std::move(out), found,
                    [](blocks_between& each) -> blocks_between& { return each; });
}

} // namespace prism::reads
