#pragma once

#include "db/reads/feed.hpp"
#include "db/reads/newest_of_many.hpp"

namespace prism::reads {

/// Posts of the members of a list, newest first, without reposts. Members who opted out of a
/// reference list are left out. Of inactive accounts, too; the AppView drops these.
///
/// Plan: newest_of_many, over posts_creator_time, in one round trip and one for names that the
/// session does not know; the members by list_items_list_time, the newest `max_originators`.
/// @param limit 0 to `max_merged_page`
[[nodiscard]] outcome<feed_page> list_feed(session& on, std::string_view list_uri,
                                           const std::optional<list_cursor>& after,
                                           std::size_t limit, const feed_exclusions& excluded = {});

} // namespace prism::reads
