#include "db/index/users.hpp"

#include "db/index/plan_settings.hpp"

#include <algorithm>
#include <map>

namespace prism::db {

namespace {

const statement insert_users{"insert_users", R"sql(
  INSERT INTO users(did)
  SELECT did
  FROM unnest($1::text[]) AS n(did)
  WHERE NOT EXISTS (SELECT FROM users u WHERE u.did = n.did)
  ORDER BY did
  ON CONFLICT DO NOTHING
)sql"};

const statement select_users{"select_users", R"sql(
  SELECT u.id
  FROM unnest($1::text[])
  WITH ORDINALITY AS n(did, at)
  JOIN users u ON u.did = n.did
  ORDER BY n.at
)sql"};

const statement insert_uris{"insert_uris", R"sql(
  INSERT INTO uris(repo_id, collection, rkey)
  SELECT *
  FROM unnest($1::int8[], $2::int2[], $3::text[]) AS n(repo_id, collection, rkey)
  WHERE NOT EXISTS (
    SELECT FROM uris u
    WHERE u.repo_id = n.repo_id AND u.collection = n.collection AND u.rkey = n.rkey
  )
  ORDER BY repo_id, collection, rkey
  ON CONFLICT DO NOTHING
)sql"};

const statement select_uris{"select_uris", R"sql(
  SELECT u.id
  FROM unnest($1::int8[], $2::int2[], $3::text[])
  WITH ORDINALITY AS n(repo_id, collection, rkey, at)
  JOIN uris u ON u.repo_id = n.repo_id AND u.collection = n.collection AND u.rkey = n.rkey
  ORDER BY n.at
)sql"};

// Dates a new repo or a returning account and requests its identity. An active account's identity
// is requested again a day after the last lookup, or an hour if that found no handle (the intervals
// of the official AppView), by the events' clock or by ours: an account that dates its events back
// is not forgotten.
const statement see_users{"see_users", R"sql(
  WITH n AS MATERIALIZED (
    SELECT u.id, n.at, u.indexed_at IS NULL AS is_new
    FROM unnest($1::int8[], $2::timestamptz[]) AS n(id, at)
    JOIN users u ON u.id = n.id
    WHERE u.status IS DISTINCT FROM 'deleted'
      AND (
        u.indexed_at IS NULL
        OR n.at > u.indexed_at + CASE WHEN u.handle IS NULL THEN interval '1 hour'
          ELSE interval '1 day' END
        OR now() > u.handle_time + CASE WHEN u.handle IS NULL THEN interval '1 hour'
          ELSE interval '1 day' END
      )
  ),
  dated AS (
    UPDATE users u
    SET indexed_at = n.at
    FROM n
    WHERE u.id = n.id AND n.is_new
  )
  INSERT INTO identity_tasks(user_id, kind, event_time, forced)
  SELECT id, 0, at, false
  FROM n
  ON CONFLICT DO NOTHING
)sql"};

const statement put_identities{"put_identities", R"sql(
  WITH newer AS (
    UPDATE users u
    SET indexed_at = n.at, identity_place = n.place
    FROM unnest($1::int8[], $2::timestamptz[], $3::int8[]) AS n(id, at, place)
    WHERE u.id = n.id AND (u.identity_place IS NULL OR u.identity_place < n.place)
    RETURNING u.id, n.at, n.place
  )
  INSERT INTO identity_tasks AS t(user_id, kind, event_time, place, forced)
  SELECT id, 0, at, place, true
  FROM newer
  ON CONFLICT (user_id, kind) DO UPDATE
  SET event_time = excluded.event_time, place = excluded.place, forced = true,
    version = t.version + 1, attempts = 0, due_at = excluded.due_at
)sql"};

const statement park_deletions{"park_deletions", R"sql(
  INSERT INTO identity_tasks AS t(user_id, kind, event_time, place, forced)
  SELECT n.id, 1, n.at, n.place, true
  FROM unnest($1::int8[], $2::timestamptz[], $3::int8[]) AS n(id, at, place)
  JOIN users u ON u.id = n.id
  WHERE u.status_place IS NULL OR u.status_place < n.place
  ON CONFLICT (user_id, kind) DO UPDATE
  SET event_time = excluded.event_time, place = excluded.place, version = t.version + 1,
    attempts = 0, due_at = excluded.due_at
  WHERE t.place < excluded.place
)sql"};

const statement put_accounts{"put_accounts", R"sql(
  UPDATE users u
  SET status = n.status, status_place = n.place,
    indexed_at = CASE WHEN n.status = 'deleted' THEN NULL ELSE u.indexed_at END,
    handle = CASE WHEN n.status = 'deleted' THEN NULL ELSE u.handle END
  FROM unnest($1::int8[], $2::text[], $3::int8[]) AS n(id, status, place)
  WHERE u.id = n.id AND (u.status_place IS NULL OR u.status_place < n.place)
)sql"};

/// Runs an insert and a select of the same parameters and expects an id for each of `count` rows.
[[nodiscard]] outcome<std::vector<std::int64_t>> intern(executor& on, const statement& insert,
                                                        const statement& select, params values,
                                                        std::size_t count) {
  if (count == 0)
    return std::vector<std::int64_t>{};
  pipeline out(on);
  out.add(plan_settings);
  out.add(insert, values);
  out.add(select, std::move(values));
  const auto rows = out.sync();
  if (!rows)
    return tl::unexpected(rows.error());
  const auto& found = rows->back();
  if (found.rows() != count)
    return tl::unexpected(
        db_error{error_class::fatal, std::string{sqlstate::internal},
                 fmt::format("{} of {} names have no id; the names must be distinct",
                             count - found.rows(), count),
                 select.name});
  std::vector<std::int64_t> ids(count);
  for (std::size_t i = 0; i < count; ++i)
    ids[i] = found.get_int8(i, 0);
  return ids;
}

/// The latest of several events of one user.
template <class Event>
void keep_latest(std::map<std::int64_t, const Event*>& into, std::int64_t id, const Event& event) {
  auto& slot = into[id];
  if (slot == nullptr || slot->place <= event.place)
    slot = &event;
}

} // namespace

outcome<std::vector<std::int64_t>> intern_users(executor& on,
                                                const std::vector<std::string>& dids) {
  params p;
  p.text_array(dids);
  return intern(on, insert_users, select_users, std::move(p), dids.size());
}

outcome<std::vector<std::int64_t>> intern_uris(executor& on, const batch& of) {
  const auto& uris = of.refs.uris();
  params p;
  p.int8_array(uris,
               [&](const uri_key& key) {
                 return key.repo == no_ref ? std::int64_t{0} : of.user_ids[key.repo];
               })
      .int2_array(uris, [](const uri_key& key) { return static_cast<std::int16_t>(key.kind); })
      .text_array(uris, &uri_key::rkey);
  return intern(on, insert_uris, select_uris, std::move(p), uris.size());
}

outcome<std::vector<std::int64_t>> intern_uris_first(connection& on, const tx_options& options,
                                                     const batch& of) {
  if (of.refs.uris().empty())
    return std::vector<std::int64_t>{};
  return transaction::run(on, options, [&](tx& inside) { return intern_uris(inside, of); });
}

void queue_user_events(pipeline& out, const batch& of) {
  std::map<std::int64_t, micros> seen;
  for (const auto& head : of.heads)
    seen.try_emplace(of.user_ids[head.repo], head.commit_time);
  if (!seen.empty()) {
    params p;
    p.int8_array(seen, [](const auto& entry) {
       return entry.first;
     }).timestamptz_array(seen, [](const auto& entry) { return entry.second; });
    out.add(see_users, std::move(p));
  }
  std::map<std::int64_t, const identity_event*> identities;
  for (const auto& event : of.identities)
    keep_latest(identities, of.user_ids[event.account], event);
  if (!identities.empty()) {
    params p;
    p.int8_array(identities, [](const auto& entry) { return entry.first; })
        .timestamptz_array(identities, [](const auto& entry) { return entry.second->time; })
        .int8_array(identities, [](const auto& entry) { return entry.second->place; });
    out.add(put_identities, std::move(p));
  }
  std::map<std::int64_t, const account_event*> accounts;
  std::map<std::int64_t, const account_event*> deletions;
  for (const auto& event : of.accounts)
    keep_latest(of.verify_deletions && is_deletion(event) ? deletions : accounts,
                of.user_ids[event.account], event);
  if (!deletions.empty()) {
    params p;
    p.int8_array(deletions, [](const auto& entry) { return entry.first; })
        .timestamptz_array(deletions, [](const auto& entry) { return entry.second->time; })
        .int8_array(deletions, [](const auto& entry) { return entry.second->place; });
    out.add(park_deletions, std::move(p));
  }
  if (!accounts.empty()) {
    params p;
    p.int8_array(accounts, [](const auto& entry) { return entry.first; })
        .text_array(accounts,
                    [](const auto& entry) {
                      return entry.second->active
                                 ? std::nullopt
                                 : std::optional<std::string_view>{entry.second->status};
                    })
        .int8_array(accounts, [](const auto& entry) { return entry.second->place; });
    out.add(put_accounts, std::move(p));
  }
}

} // namespace prism::db
