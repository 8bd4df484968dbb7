#include "db/reads/similar_accounts.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/by_actor.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/suggestions.hpp"

#include <algorithm>
#include <array>

namespace prism::reads {

namespace {

// In both, $1 is the users.id of the viewer and $2 that of the account. Rows: a users.id, and the
// number of likes or of followers.

const db::statement select_liked{"similar_liked", R"sql(
  SELECT a.id, a.likes
  FROM (
    SELECT u.repo_id AS id, count(*) AS likes
    FROM (
      SELECT subject_id
      FROM likes
      WHERE creator_id = $2 AND NOT duplicate AND least(created_at, commit_time) IS NOT NULL
      ORDER BY least(created_at, commit_time) DESC
      LIMIT (SELECT 1000::int8)
    ) l
    CROSS JOIN LATERAL (SELECT repo_id FROM uris WHERE id = l.subject_id LIMIT 1) u
    GROUP BY u.repo_id
    OFFSET 0
  ) a
  WHERE a.id <> $1 AND a.id <> $2 AND NOT EXISTS (
    SELECT FROM follows WHERE subject_id = a.id AND creator_id = $1 AND NOT duplicate
  )
)sql"};

const db::statement select_followed{"similar_followed", R"sql(
  SELECT a.id, c.followers_count::int8
  FROM (
    SELECT subject_id AS id
    FROM follows
    WHERE creator_id = $2 AND NOT duplicate AND least(created_at, commit_time) IS NOT NULL
    ORDER BY least(created_at, commit_time) DESC
    LIMIT (SELECT 1000::int8)
  ) a
  CROSS JOIN LATERAL (
    SELECT followers_count FROM user_aggregates WHERE user_id = a.id LIMIT 1
  ) c
  WHERE a.id <> $1 AND a.id <> $2 AND NOT EXISTS (
    SELECT FROM follows WHERE subject_id = a.id AND creator_id = $1 AND NOT duplicate
  )
)sql"};

struct candidate {
  std::int64_t id{0};
  std::int64_t weight{0};
};

/// Adds the heaviest of them that are not there yet.
[[nodiscard]] outcome<void> add_heaviest(ids& to, session& on, const db::statement& from,
                                         std::int64_t viewer, std::int64_t account,
                                         std::size_t limit) {
  db::params p;
  p.int8(viewer).int8(account);
  const auto rows = on.exec_prepared(from, p);
  if (!rows)
    return tl::unexpected(rows.error());
  auto found = db::read_rows<candidate>(
      *rows, [](candidate& out, db::row_reader& row) { row >> out.id >> out.weight; });
  std::ranges::sort(found, [](const candidate& a, const candidate& b) {
    return std::pair(b.weight, a.id) < std::pair(a.weight, b.id);
  });
  for (const auto& each : found)
    if (to.size() < limit && std::ranges::find(to, each.id) == to.end())
      to.push_back(each.id);
  return {};
}

/// Adds what the operator suggests and the viewer does not follow.
[[nodiscard]] outcome<void> add_suggested(std::vector<std::string>& to, session& on,
                                          std::string_view viewer, std::string_view account,
                                          std::size_t limit) {
  constexpr std::size_t most_read = 100;
  const auto suggested = suggested_follows(on, {.limit = most_read});
  if (!suggested)
    return tl::unexpected(suggested.error());
  std::vector<std::string_view> dids;
  dids.reserve(suggested->size());
  for (const auto& each : *suggested)
    dids.emplace_back(each.subject);
  const auto follows = follows_by_of(on, viewer, dids);
  if (!follows)
    return tl::unexpected(follows.error());
  for (std::size_t i = 0; i < dids.size(); ++i)
    if (to.size() < limit && (*follows)[i].empty() && dids[i] != viewer && dids[i] != account &&
        std::ranges::find(to, dids[i]) == to.end())
      to.emplace_back(dids[i]);
  return {};
}

} // namespace

outcome<std::vector<std::string>> similar_accounts(session& on, std::string_view viewer,
                                                   std::string_view account, std::size_t limit) {
  limit = std::min(limit, max_similar_accounts);
  const auto asked = ids_of_dids(on, std::array{viewer, account});
  if (!asked)
    return tl::unexpected(asked.error());
  ids found;
  for (const auto* each : {&select_liked, &select_followed})
    if (found.size() < limit)
      if (auto added = add_heaviest(found, on, *each, (*asked)[0], (*asked)[1], limit); !added)
        return tl::unexpected(added.error());
  const auto names = dids_of_ids(on, found);
  if (!names)
    return tl::unexpected(names.error());
  std::vector<std::string> out;
  for (const auto id : found)
    if (const auto name = names->find(id); name != names->end())
      out.push_back(name->second);
  if (out.size() < limit)
    if (auto added = add_suggested(out, on, viewer, account, limit); !added)
      return tl::unexpected(added.error());
  return out;
}

} // namespace prism::reads
