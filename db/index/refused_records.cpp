#include "db/index/refused_records.hpp"

#include <algorithm>
#include <ranges>
#include <unordered_map>

namespace prism::db {

using atproto::collection;

namespace {

// Index: primary key.
const statement forget_indexed{"forget_refused_indexed", R"sql(
  DELETE FROM refused_records t
  USING unnest($1::int8[], $2::int2[], $3::text[], $4::int8[]) AS d(user_id, collection, rkey, place)
  WHERE t.user_id = d.user_id AND t.collection = d.collection AND t.rkey = d.rkey
    AND t.place < d.place
)sql"};

// Nothing from before the deletion of an account, if a stream is read again. Index: primary keys.
const statement put_refused{"put_refused", R"sql(
  INSERT INTO refused_records AS t(user_id, collection, rkey, cid, reason, message, place)
  SELECT *
  FROM unnest(
    $1::int8[], $2::int2[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::int8[]
  ) AS n(user_id, collection, rkey, cid, reason, message, place)
  WHERE NOT EXISTS (
    SELECT FROM users u
    WHERE u.id = n.user_id AND u.status = 'deleted' AND u.status_place >= n.place
  )
  ORDER BY user_id, collection, rkey
  ON CONFLICT (user_id, collection, rkey) DO UPDATE
  SET cid = excluded.cid, reason = excluded.reason, message = excluded.message,
    place = excluded.place, recorded_at = excluded.recorded_at
  WHERE t.place < excluded.place
)sql"};

// Index: primary key, for each repo and for each row that goes. Sorts at most twice as many rows as
// a repo may have.
const statement trim_refused{"trim_refused", R"sql(
  WITH old AS (
    SELECT r.user_id, r.collection, r.rkey
    FROM unnest($1::int8[]) AS n(user_id)
    CROSS JOIN LATERAL (
      SELECT user_id, collection, rkey
      FROM refused_records
      WHERE user_id = n.user_id
      ORDER BY place DESC
      OFFSET $2
    ) r
  )
  DELETE FROM refused_records t
  USING old
  WHERE t.user_id = old.user_id AND t.collection = old.collection AND t.rkey = old.rkey
)sql"};

const statement forget_account{"forget_refused_of_account", R"sql(
  DELETE FROM refused_records
  WHERE user_id = $1 AND place <= $2
)sql"};

[[nodiscard]] const refused_op& op_of(const refused_changes::row& each) {
  return *each.what;
}

void queue_put(pipeline& out, const std::vector<refused_changes::row>& rows) {
  params p;
  p.int8_array(rows, &refused_changes::row::user_id)
      .int2_array(rows,
                  [](const auto& each) { return static_cast<std::int16_t>(op_of(each).kind); })
      .text_array(
          rows, [](const auto& each) -> const auto& { return op_of(each).rkey; })
      .bytea_array(rows,
                   [](const auto& each) {
                     return op_of(each).cid ? std::optional{op_of(each).cid->bytes()}
                                            : std::nullopt;
                   })
      .text_array(
          rows, [](const auto& each) -> const auto& { return op_of(each).reason; })
      .text_array(
          rows, [](const auto& each) -> const auto& { return op_of(each).message; })
      .int8_array(rows, [](const auto& each) { return op_of(each).place; });
  out.add(put_refused, std::move(p));
  std::vector<std::int64_t> repos;
  for (const auto& each : rows)
    repos.push_back(each.user_id);
  std::ranges::sort(repos);
  repos.erase(std::unique(repos.begin(), repos.end()), repos.end());
  params trim;
  trim.int8_array(repos).int8(std::int64_t{max_refused_per_repo});
  out.add(trim_refused, std::move(trim));
}

} // namespace

refused_changes refused_changes_of(const index_plan& plan, const id_map& ids,
                                   const std::unordered_set<std::int64_t>& with_rows) {
  refused_changes out;
  std::unordered_map<std::int64_t, std::size_t> rows_of;
  // From the newest one.
  for (const auto* each : plan.refused | std::views::reverse)
    if (const auto user = ids.user(each->creator); rows_of[user]++ < max_refused_per_repo)
      out.put.push_back({user, each});
  if (with_rows.empty())
    return out;
  for (std::size_t kind = 0; kind < plan.paths.size(); ++kind)
    for (const auto& path : plan.paths[kind])
      if (const auto user = ids.user(path.creator); with_rows.contains(user)) {
        out.indexed.push_back({user, std::string{path.rkey}, path.last_place});
        out.kinds.push_back(static_cast<std::int16_t>(kind));
      }
  return out;
}

void queue_refused(pipeline& out, const refused_changes& changes) {
  if (const auto& keys = changes.indexed; !keys.empty()) {
    params p;
    p.int8_array(keys, &record_key::creator_id)
        .int2_array(changes.kinds)
        .text_array(keys, &record_key::rkey)
        .int8_array(keys, &record_key::place);
    out.add(forget_indexed, std::move(p));
  }
  if (!changes.put.empty())
    queue_put(out, changes.put);
}

void queue_forget_refused(pipeline& out, std::int64_t account, stream_place until) {
  params p;
  p.int8(account).int8(until);
  out.add(forget_account, std::move(p));
}

} // namespace prism::db
