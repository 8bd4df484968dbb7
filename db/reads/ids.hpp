#pragma once

#include "db/batch/refs.hpp"
#include "db/reads/session.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// From names to ids and back: from the session's cache, and one statement for those that are not
/// in it. Statements about many accounts or records take ids, so that the same DIDs and uris are
/// not looked up in each of the calls that a view needs. Errors are those of the database. Blocks;
/// the session's thread.
namespace prism::reads {

using db::outcome;
using ids = std::vector<std::int64_t>;
/// By id.
using texts = std::unordered_map<std::int64_t, std::string>;

/// The users.id of each DID; 0 for an unknown one. Plan: users_did_key, DID by DID.
/// @param dids without NUL
[[nodiscard]] outcome<ids> ids_of_dids(session& on, std::span<const std::string_view> dids);

/// The uris.id of each uri; 0 for an unknown one. Plan: {asked_uris}.
/// @param uris without NUL
[[nodiscard]] outcome<ids> ids_of_uris(session& on, std::span<const db::uri_parts> uris);
/// Texts with a NUL, which no row has, are unknown.
[[nodiscard]] outcome<ids> ids_of_uris(session& on, std::span<const std::string_view> uris);

/// The DIDs of these users. Plan: users_pkey, id by id.
/// @param of any of them as often as you like; unknown ids have no text
[[nodiscard]] outcome<texts> dids_of_ids(session& on, ids of);

/// The at-uris with these uris.ids. Plan: uris_pkey and users_pkey, id by id.
[[nodiscard]] outcome<texts> uris_of_ids(session& on, ids of);

} // namespace prism::reads
