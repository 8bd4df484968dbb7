#pragma once

#include "db/reads/session.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace prism::reads {

using db::outcome;

/// Most accounts of one answer.
inline constexpr std::size_t max_similar_accounts = 10;

/// DIDs of accounts that a viewer may want to follow who looks at an account: those whose records
/// it likes most often, of its newest 1,000 likes; if these are not enough, of its newest 1,000
/// follows those with most followers; and then what the operator suggests. Neither account is among
/// them, nor is whom the viewer follows.
///
/// The cost is some lookups for each of these likes or follows. Indexes: likes_creator_time,
/// uris_pkey, follows_subject, follows_creator_time, user_aggregates_pkey; `suggested_follows`.
/// Errors are those of the database. Blocks; the session's thread.
/// @param viewer, account DIDs without NUL; may be empty, or unknown
/// @param limit `max_similar_accounts` at most
[[nodiscard]] outcome<std::vector<std::string>>
similar_accounts(session& on, std::string_view viewer, std::string_view account, std::size_t limit);

} // namespace prism::reads
