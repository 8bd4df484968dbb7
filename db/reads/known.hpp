#pragma once

#include "db/pg/executor.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The accounts that a viewer knows, that is follows, among the followers of accounts and the
/// likers of posts. Errors are those of the database. Blocks; the executor's thread.
namespace prism::reads {

using db::executor;
using db::outcome;

/// Most accounts that one call finds, all results together. If there are more, it finds one more
/// than that, and the results are not complete.
inline constexpr std::size_t max_known = 250'000;

/// For each account the DIDs of its followers whom the viewer follows, in no order.
///
/// An account with fewer followers than the viewer has follows, and than 5,000, costs a lookup for
/// each of its followers; any other one a lookup for each of the viewer's newest 5,000 follows.
/// Indexes: users_did_key, user_aggregates_pkey, follows_subject, follows_creator_time.
/// @param accounts DIDs, at most `max_arguments`
[[nodiscard]] outcome<std::vector<std::vector<std::string>>>
known_followers(executor& on, std::string_view viewer, std::span<const std::string_view> accounts);

struct known_likers {
  std::int32_t count{0};
  std::vector<std::string> dids; ///< the first of them, the newest like first
};

/// For each subject those of its newest 500 likers whom the viewer follows.
/// Indexes: likes_subject_time, follows_subject.
/// @param subjects uris, at most `max_arguments`
/// @param limit of `known_likers::dids`, 0 to 500; with 0 nothing is found
[[nodiscard]] outcome<std::vector<known_likers>>
known_likers_of(executor& on, std::string_view viewer, std::span<const std::string_view> subjects,
                std::int32_t limit);

} // namespace prism::reads
