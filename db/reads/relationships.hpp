#pragma once

#include "db/reads/session.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What is between two accounts: follows, blocks, and blocks by lists. Errors are those of the
/// database. Blocks; the session's thread.
///
/// By how many lists an account blocks is up to it, so of each account the newest 1,000 of its list
/// blocks are looked at, and fewer in a large call (`max_list_blocks` and what follows). If several
/// of them have the other one as a member, an indexed moderation list is given before any other,
/// since the AppView takes no others; if there are several of these, one of them.
namespace prism::reads {

using db::outcome;

/// Most list blocks of one account that are looked at. For those of all accounts of a call there is
/// a sum, too, of which each has the same share, but 50 at least; a call about 2,000 accounts,
/// which no thread exceeds, has room for all of the actor's.
inline constexpr std::size_t max_list_blocks = 1'000;
inline constexpr std::size_t max_own_lists_of_call = 2'000'000;
inline constexpr std::size_t max_lists_of_call = 500'000;

/// Uris of records and lists; empty where there is none.
struct blocks_between {
  std::string blocking;         ///< the block by the first account
  std::string blocked_by;       ///< the block by the second
  std::string blocking_by_list; ///< a list by which the first blocks, with the second as member
  std::string blocked_by_list;  ///< a list by which the second blocks, with the first as member
};

struct relationship {
  blocks_between blocks;
  std::string following;   ///< the follow by the actor
  std::string followed_by; ///< the follow by the other
};

/// Between an actor and each of others, in the order given. As in the official AppView there is
/// nothing between an actor and an account that was never looked up (`users.indexed_at`).
/// Indexes: users_pkey, blocks_subject, follows_subject, list_blocks_creator_time,
/// list_items_member, lists_pkey. The ids are from the session's cache (db/reads/ids.hpp).
/// @param others DIDs, at most `max_arguments`
[[nodiscard]] outcome<std::vector<relationship>>
relationships(session& on, std::string_view actor, std::span<const std::string_view> others);

/// Between the accounts of each pair, in the order given. Indexes as above, but for users_pkey and
/// follows_subject.
/// @param pairs DIDs, at most `max_arguments`
[[nodiscard]] outcome<std::vector<blocks_between>>
blocks_of_pairs(session& on, std::span<const std::pair<std::string_view, std::string_view>> pairs);

} // namespace prism::reads
