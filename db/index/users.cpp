#include "db/index/users.hpp"

#include "db/pg/server_identity.hpp"

#include "db/index/plan_settings.hpp"
#include "db/pg/row_reader.hpp"

#include <algorithm>
#include <map>
#include <numeric>

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

// Null for a uri without an id.
const statement select_uris{"select_uris", R"sql(
  SELECT u.id
  FROM unnest($1::int8[], $2::int2[], $3::text[])
  WITH ORDINALITY AS n(repo_id, collection, rkey, at)
  LEFT JOIN uris u ON u.repo_id = n.repo_id AND u.collection = n.collection AND u.rkey = n.rkey
  ORDER BY n.at
)sql"};

// A post's uri gets its row of counts at once: a batch that inserted it within its transaction
// would hold up every other that refers to the post. Nobody else knows the new id yet.
const statement insert_uris{"insert_uris", R"sql(
  WITH made AS (
    INSERT INTO uris(repo_id, collection, rkey)
    SELECT *
    FROM unnest($1::int8[], $2::int2[], $3::text[]) AS n(repo_id, collection, rkey)
    ORDER BY repo_id, collection, rkey
    ON CONFLICT DO NOTHING
    RETURNING id, collection
  )
  INSERT INTO post_aggregates(post_id)
  SELECT id
  FROM made
  WHERE collection = 1 /* post */
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
    WHERE u.id = n.id AND n.is_new AND u.status IS DISTINCT FROM 'deleted' -- meanwhile
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

// One that is there already has come again (0020_account_deletions.sql).
const statement note_deletions{"note_deletions", R"sql(
  INSERT INTO account_deletions(user_id, place, event_time)
  SELECT n.id, n.place, n.at
  FROM unnest($1::int8[], $2::timestamptz[], $3::int8[]) AS n(id, at, place)
  WHERE NOT EXISTS (
    SELECT FROM account_deletions d
    WHERE d.user_id = n.id AND d.event_time = n.at
  )
  ON CONFLICT DO NOTHING
)sql"};

const statement trim_deletions{"trim_deletions", R"sql(
  DELETE FROM account_deletions d
  WHERE d.user_id = ANY ($1) AND d.place <= (
    SELECT n.place
    FROM account_deletions n
    WHERE n.user_id = d.user_id
    ORDER BY n.place DESC
    OFFSET 16
    LIMIT 1
  )
)sql"};

const statement put_accounts{"put_accounts", R"sql(
  UPDATE users u
  SET status = n.status, status_place = n.place,
    indexed_at = CASE WHEN n.status = 'deleted' THEN NULL ELSE u.indexed_at END,
    handle = CASE WHEN n.status = 'deleted' THEN NULL ELSE u.handle END
  FROM unnest($1::int8[], $2::text[], $3::int8[]) AS n(id, status, place)
  WHERE u.id = n.id AND (u.status_place IS NULL OR u.status_place < n.place)
)sql"};

// Index: users_pkey, did_documents_pkey.
const statement forget_documents{"forget_did_documents", R"sql(
  DELETE FROM did_documents d
  USING users u
  WHERE u.id = ANY($1) AND u.status = 'deleted' AND d.user_id = u.id
)sql"};

void queue_note_deletions(pipeline& out, const batch& of) {
  std::vector<const account_event*> events;
  for (const auto& event : of.accounts)
    if (is_deletion(event))
      events.push_back(&event);
  if (events.empty())
    return;
  const auto account = [&](const auto* event) { return of.user_ids[event->account]; };
  params p;
  p.int8_array(events, account)
      .timestamptz_array(events, &account_event::time)
      .int8_array(events, &account_event::place);
  out.add(note_deletions, std::move(p));
  out.add(trim_deletions, std::move(params{}.int8_array(events, account)));
}

[[nodiscard]] db_error names_without_id(std::size_t missing, std::size_t all, const char* where) {
  return {error_class::fatal, std::string{sqlstate::internal},
          fmt::format("{} of {} names have no id; the names must be distinct", missing, all),
          where};
}

/// The parameters of uris at these places of the batch's list.
[[nodiscard]] params uri_params(const batch& of, const std::vector<std::size_t>& places) {
  const auto& uris = of.refs.uris();
  params p;
  p.int8_array(places,
               [&](std::size_t at) {
                 return uris[at].repo == no_ref ? std::int64_t{0} : of.user_ids[uris[at].repo];
               })
      .int2_array(places, [&](std::size_t at) { return static_cast<std::int16_t>(uris[at].kind); })
      .text_array(places, [&](std::size_t at) -> const std::string& { return uris[at].rkey; });
  return p;
}

/// Enters the ids that were found. @returns the places of the others.
[[nodiscard]] std::vector<std::size_t> enter_ids(const result& rows,
                                                 const std::vector<std::size_t>& places,
                                                 std::vector<std::int64_t>& ids) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::optional<std::int64_t> id;
    row_reader(rows, i) >> id;
    if (id)
      ids[places[i]] = *id;
    else
      missing.push_back(places[i]);
  }
  return missing;
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
  if (dids.empty())
    return std::vector<std::int64_t>{};
  params names;
  names.text_array(dids);
  pipeline out(on);
  out.add(plan_settings);
  out.add(insert_users, names);
  out.add(select_users, std::move(names));
  const auto rows = out.sync();
  if (!rows)
    return tl::unexpected(rows.error());
  const auto& found = rows->back();
  if (found.rows() != dids.size())
    return tl::unexpected(
        names_without_id(dids.size() - found.rows(), dids.size(), select_users.name));
  std::vector<std::int64_t> ids(dids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    ids[i] = found.get_int8(i, 0);
  return ids;
}

outcome<std::vector<std::int64_t>> intern_uris(executor& on, const batch& of,
                                               const std::string& server_start) {
  std::vector<std::int64_t> ids(of.refs.uris().size());
  if (ids.empty())
    return ids;
  std::vector<std::size_t> missing(ids.size());
  std::iota(missing.begin(), missing.end(), std::size_t{0});
  // Most are known: they are looked for first, and only the others are inserted.
  for (const bool insert : {false, true}) {
    if (missing.empty())
      break;
    pipeline out(on);
    if (!server_start.empty())
      queue_prove_server(out, server_start);
    out.add(plan_settings);
    auto names = uri_params(of, missing);
    if (insert)
      out.add(insert_uris, names);
    out.add(select_uris, std::move(names));
    const auto rows = out.sync();
    if (!rows)
      return tl::unexpected(as_server_changed(rows.error()));
    missing = enter_ids(rows->back(), missing, ids);
  }
  if (!missing.empty())
    return tl::unexpected(names_without_id(missing.size(), ids.size(), select_uris.name));
  return ids;
}

void queue_forget_documents(pipeline& out, const std::vector<std::int64_t>& users) {
  out.add(forget_documents, std::move(params{}.int8_array(users)));
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
    std::vector<std::int64_t> deleted;
    for (const auto& [id, event] : accounts)
      if (is_deletion(*event))
        deleted.push_back(id);
    if (!deleted.empty())
      queue_forget_documents(out, deleted);
  }
  queue_note_deletions(out, of);
}

} // namespace prism::db
