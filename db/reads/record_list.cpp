#include "db/reads/record_list.hpp"

#include "db/batch/rebuild.hpp"
#include "db/batch/refs.hpp"
#include "db/reads/uri_args.hpp"

#include <map>
#include <utility>

namespace prism::reads {

void read_listed(listed_record& out, db::row_reader& row, atproto::collection kind) {
  std::span<const std::byte> cid;
  std::string_view rkey;
  row >> db::timestamp(out.sort_at) >> cid >> out.did >> rkey;
  out.cid = db::unpack_cid(cid);
  out.uri = db::uri_text(out.did, kind, rkey);
}

std::string read_uri(db::row_reader& row) {
  std::optional<std::string_view> did;
  atproto::collection kind{atproto::collection::other};
  std::string_view rkey;
  row >> did >> kind >> rkey;
  return did ? db::uri_text(*did, kind, rkey) : std::string{};
}

const char* uri_named(std::string_view name, std::string_view id) {
  return db::compose_sql(R"sql(LATERAL (
    SELECT coalesce((SELECT did FROM users WHERE id = repo_id), '') AS did, collection, rkey
    FROM uris
    WHERE id = {id}
    LIMIT 1
  ) {name})sql",
                         {{"id", id}, {"name", name}});
}

db::params account_params(std::string_view did, const page_request& page, std::size_t more) {
  db::params out;
  out.text(did);
  add_list_params(out, page.after, page.limit, more);
  return out;
}

db::params subject_params(std::string_view uri, const page_request& page, std::size_t more) {
  const auto parts = uri.find('\0') == uri.npos ? db::split_uri(uri) : no_uri;
  db::params out;
  out.text(parts.did);
  add_list_params(out, page.after, page.limit, more);
  out.int2(static_cast<std::int16_t>(parts.kind)).text(parts.rkey);
  return out;
}

void drop_parked_duplicates(std::vector<listed_record>& rows) {
  using pair = std::pair<std::string, std::string>;
  std::map<pair, db::stream_place> first;
  for (const auto& row : rows)
    if (row.parked) {
      const auto [at, added] = first.try_emplace(pair{row.did, row.other}, *row.parked);
      at->second = std::min(at->second, *row.parked);
    }
  std::erase_if(rows, [&](const listed_record& row) {
    return row.parked && *row.parked != first.at(pair{row.did, row.other});
  });
}

} // namespace prism::reads
