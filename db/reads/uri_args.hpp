#pragma once

#include "db/batch/refs.hpp"
#include "db/pg/params.hpp"

#include <span>
#include <string_view>
#include <vector>

/// At-uris as arguments of statements: each is looked up separately in `uris`, in the order given.
namespace prism::reads {

/// Fragment {asked_uris}, the first of a FROM list: a row for each uri of $1 to $3 (`add_uris`)
/// that is known, with `asked.at`, its place in the list from 1, and `asked.id`, its uris.id.
/// Indexes: users_did_key, the unique key of uris.
inline constexpr std::string_view asked_uris = R"sql(
    unnest($1::text[], $2::int2[], $3::text[]) WITH ORDINALITY AS n(did, collection, rkey, at)
    CROSS JOIN LATERAL (
      SELECT id FROM users WHERE did = n.did
      UNION ALL
      SELECT 0 WHERE n.did = ''
      LIMIT 1
    ) o
    CROSS JOIN LATERAL (
      SELECT n.at, id FROM uris
      WHERE repo_id = o.id AND collection = n.collection AND rkey = n.rkey
      LIMIT 1
    ) asked
)sql";

/// Most uris, DIDs or handles of one call.
inline constexpr std::size_t max_arguments = 10'000;

/// A uri that no table holds, in place of those that a statement cannot take (NUL).
inline constexpr db::uri_parts no_uri{};

/// The parts of each uri; `no_uri` for a text with a NUL, which no row has.
template <class Range, class Projection>
[[nodiscard]] std::vector<db::uri_parts> parts_of(const Range& uris, Projection text_of) {
  std::vector<db::uri_parts> out;
  out.reserve(std::size(uris));
  for (const auto& each : uris) {
    const std::string_view text = text_of(each);
    out.push_back(text.find('\0') == text.npos ? db::split_uri(text) : no_uri);
  }
  return out;
}

/// Adds $1 to $3 of {asked_uris}.
/// @param parts without NUL
inline void add_uri_parts(db::params& to, const std::vector<db::uri_parts>& parts) {
  to.text_array(parts, &db::uri_parts::did)
      .int2_array(parts,
                  [](const db::uri_parts& each) { return static_cast<std::int16_t>(each.kind); })
      .text_array(parts, &db::uri_parts::rkey);
}

/// The same of texts.
template <class Range, class Projection>
void add_uris(db::params& to, const Range& uris, Projection text_of) {
  add_uri_parts(to, parts_of(uris, text_of));
}

} // namespace prism::reads
