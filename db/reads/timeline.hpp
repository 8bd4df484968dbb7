#pragma once

#include "db/reads/feed.hpp"
#include "db/reads/newest_of_many.hpp"

namespace prism::reads {

/// Most own items in a page that followed accounts fill.
inline constexpr std::size_t max_own_items = 10;

/// The home timeline of a user: posts and reposts of the accounts that the user follows, newest
/// first, and of the user: at most `max_own_items` of these, or as many as the followed accounts
/// leave room for. Items of inactive accounts and reposts of records that are no posts are
/// included; the AppView drops them. Empty for an unknown DID.
///
/// Plan: newest_of_many, over feed_items_originator_sort_at, in one round trip and one for names
/// that the session does not know; the follows by follows_creator_time, the newest
/// `max_originators`.
/// @param limit 0 to `max_merged_page`
[[nodiscard]] outcome<feed_page> timeline(session& on, std::string_view actor_did,
                                          const std::optional<list_cursor>& after,
                                          std::size_t limit, const feed_exclusions& excluded = {});

} // namespace prism::reads
