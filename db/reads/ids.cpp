#include "db/reads/ids.hpp"

#include "db/pg/row_reader.hpp"
#include "db/reads/ordinal.hpp"
#include "db/reads/uri_args.hpp"

#include <algorithm>

namespace prism::reads {

namespace {

const db::statement select_account_ids{"ids_of_dids", R"sql(
  SELECT n.at, u.id
  FROM unnest($1::text[]) WITH ORDINALITY AS n(did, at)
  CROSS JOIN LATERAL (SELECT id FROM users WHERE did = n.did LIMIT 1) u
)sql"};

const db::statement select_uri_ids{"ids_of_uris", db::compose_sql(R"sql(
  SELECT asked.at, o.id, asked.id
  FROM {asked_uris}
)sql",
                                                                  {{"asked_uris", asked_uris}})};

const db::statement select_dids{"dids_of_ids", R"sql(
  SELECT n.id, u.did
  FROM unnest($1::int8[]) AS n(id)
  CROSS JOIN LATERAL (SELECT did FROM users WHERE id = n.id LIMIT 1) u
)sql"};

const db::statement select_uris{"uris_of_ids", R"sql(
  SELECT n.id, u.repo_id, coalesce((SELECT did FROM users WHERE id = u.repo_id), ''),
    u.collection, u.rkey
  FROM unnest($1::int8[]) AS n(id)
  CROSS JOIN LATERAL (SELECT repo_id, collection, rkey FROM uris WHERE id = n.id LIMIT 1) u
)sql"};

/// The places of the names without an id.
[[nodiscard]] std::vector<std::size_t> places_without(const ids& of) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < of.size(); ++i)
    if (of[i] == 0)
      out.push_back(i);
  return out;
}

template <class Name>
[[nodiscard]] std::vector<Name> at_places(std::span<const Name> all,
                                          const std::vector<std::size_t>& places) {
  std::vector<Name> out;
  out.reserve(places.size());
  for (const auto place : places)
    out.push_back(all[place]);
  return out;
}

/// Of several equal ids one, and no 0.
[[nodiscard]] ids distinct(ids of) {
  std::erase(of, 0);
  std::ranges::sort(of);
  of.erase(std::unique(of.begin(), of.end()), of.end());
  return of;
}

/// Moves what is known into the result, and leaves the other ids.
[[nodiscard]] texts take_known(ids& of, std::vector<std::string> known) {
  texts out;
  ids missing;
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (known[i].empty())
      missing.push_back(of[i]);
    else
      out.emplace(of[i], std::move(known[i]));
  }
  of = std::move(missing);
  return out;
}

} // namespace

outcome<ids> ids_of_dids(session& on, std::span<const std::string_view> dids) {
  auto out = on.ids().ids_of(dids);
  const auto places = places_without(out);
  if (places.empty())
    return out;
  const auto missing = at_places(dids, places);
  db::params p;
  p.text_array(missing);
  const auto rows = on.exec_prepared(select_account_ids, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<known_account> found;
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::size_t which = 0;
    std::int64_t id = 0;
    db::row_reader(*rows, i) >> db::ordinal(which) >> id;
    out[places[which]] = id;
    found.push_back({id, std::string{missing[which]}});
  }
  on.ids().put(std::move(found));
  return out;
}

outcome<ids> ids_of_uris(session& on, std::span<const db::uri_parts> uris) {
  auto out = on.ids().ids_of(uris);
  const auto places = places_without(out);
  if (places.empty())
    return out;
  const auto missing = at_places(uris, places);
  db::params p;
  add_uri_parts(p, missing);
  const auto rows = on.exec_prepared(select_uri_ids, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<known_account> accounts;
  std::vector<known_uri> found;
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    std::size_t which = 0;
    known_uri each;
    db::row_reader(*rows, i) >> db::ordinal(which) >> each.repo_id >> each.id;
    out[places[which]] = each.id;
    if (missing[which].did.size() > id_cache::max_name)
      continue;
    if (each.repo_id != 0)
      accounts.push_back({each.repo_id, std::string{missing[which].did}});
    each.kind = missing[which].kind;
    each.rkey = missing[which].rkey;
    found.push_back(std::move(each));
  }
  on.ids().put(std::move(accounts));
  on.ids().put(std::move(found));
  return out;
}

outcome<ids> ids_of_uris(session& on, std::span<const std::string_view> uris) {
  return ids_of_uris(on, parts_of(uris, std::identity{}));
}

outcome<texts> dids_of_ids(session& on, ids of) {
  of = distinct(std::move(of));
  auto out = take_known(of, on.ids().dids_of(of));
  if (of.empty())
    return out;
  db::params p;
  p.int8_array(of);
  const auto rows = on.exec_prepared(select_dids, p);
  if (!rows)
    return tl::unexpected(rows.error());
  auto found = db::read_rows<known_account>(
      *rows, [](known_account& each, db::row_reader& row) { row >> each.id >> each.did; });
  for (const auto& each : found)
    out.emplace(each.id, each.did);
  on.ids().put(std::move(found));
  return out;
}

outcome<texts> uris_of_ids(session& on, ids of) {
  of = distinct(std::move(of));
  auto out = take_known(of, on.ids().uris_of(of));
  if (of.empty())
    return out;
  db::params p;
  p.int8_array(of);
  const auto rows = on.exec_prepared(select_uris, p);
  if (!rows)
    return tl::unexpected(rows.error());
  std::vector<known_account> accounts;
  std::vector<known_uri> found;
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    known_uri each;
    std::string_view did;
    db::row_reader(*rows, i) >> each.id >> each.repo_id >> did >> each.kind >> each.rkey;
    out.emplace(each.id, db::uri_text(did, each.kind, each.rkey));
    if (did.size() > id_cache::max_name || did.empty() != (each.repo_id == 0))
      continue;
    if (each.repo_id != 0)
      accounts.push_back({each.repo_id, std::string{did}});
    found.push_back(std::move(each));
  }
  on.ids().put(std::move(accounts));
  on.ids().put(std::move(found));
  return out;
}

} // namespace prism::reads
