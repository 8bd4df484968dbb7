#pragma once

#include "db/reads/session.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The records by which one account likes, reposts or follows given subjects, blocks by or opts out
/// of given lists, or is on given lists: one uri for each subject, in the order given; empty where
/// there is none. Every subject is a lookup by key, with its id from the session's cache. Errors
/// are those of the database. Blocks; the session's thread.
namespace prism::reads {

using db::outcome;
using uris_or_empty = std::vector<std::string>;

/// @param subjects uris, at most `max_arguments`; also of posts that are not known yet.
/// Indexes: likes_subject, pending_ops_referent.
[[nodiscard]] outcome<uris_or_empty> likes_by_of(session& on, std::string_view actor,
                                                 std::span<const std::string_view> subjects);

/// The same for reposts. Indexes: reposts_subject, pending_ops_referent.
[[nodiscard]] outcome<uris_or_empty> reposts_by_of(session& on, std::string_view actor,
                                                   std::span<const std::string_view> subjects);

/// @param subjects DIDs, at most `max_arguments`. Index: follows_subject.
[[nodiscard]] outcome<uris_or_empty> follows_by_of(session& on, std::string_view actor,
                                                   std::span<const std::string_view> subjects);

/// List blocks by the actor. @param lists uris, at most `max_arguments`. Index: list_blocks_list.
[[nodiscard]] outcome<uris_or_empty> list_blocks_by_of(session& on, std::string_view actor,
                                                       std::span<const std::string_view> lists);

/// The actor's opt-outs of reference lists; of lists that are not indexed, or no reference lists,
/// none.
/// @param lists uris, at most `max_arguments`. Indexes: lists_pkey, reference_list_opt_outs_list.
[[nodiscard]] outcome<uris_or_empty> opt_outs_by_of(session& on, std::string_view actor,
                                                    std::span<const std::string_view> lists);

/// List items that have an account as a member. @param lists uris, at most `max_arguments`.
/// Index: list_items_member.
[[nodiscard]] outcome<uris_or_empty> memberships_of(session& on, std::string_view member,
                                                    std::span<const std::string_view> lists);

} // namespace prism::reads
