#pragma once

#include "db/batch/batch.hpp"
#include "db/reads/session.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Numbers that views show. Each function answers for each argument, in the order given; what is
/// not known has zeros. The ids are from the session's cache. At most `max_arguments`
/// (db/reads/uri_args.hpp).
namespace prism::reads {

struct interaction_counts {
  std::int32_t likes{0};
  std::int32_t reposts{0};
  std::int32_t replies{0};
  std::int32_t quotes{0};
};

/// Of any uris: feed generators and lists are liked, too. Plan: post_aggregates_pkey.
[[nodiscard]] db::outcome<std::vector<interaction_counts>>
interaction_counts_of(session& on, std::span<const std::string_view> uris);

struct user_counts {
  std::int32_t posts{0};
  std::int32_t follows{0};
  std::int32_t followers{0};
  std::int32_t lists{0};
  std::int32_t feeds{0};
  std::int32_t starter_packs{0};
};

/// Greatest number of lists, of feeds and of starter packs that is counted for one user: they are
/// counted row by row.
inline constexpr std::int64_t max_counted = 1000;

/// Plan: user_aggregates_pkey, and of each of lists_creator_time,
/// feed_generators_creator_time and starter_packs_creator_time at most `max_counted` entries.
/// @param dids without NUL
[[nodiscard]] db::outcome<std::vector<user_counts>>
user_counts_of(session& on, std::span<const std::string_view> dids);

/// Members of lists. Plan: list_aggregates_pkey.
[[nodiscard]] db::outcome<std::vector<std::int32_t>>
list_counts_of(session& on, std::span<const std::string_view> uris);

struct joined_counts {
  std::int32_t all{0};
  std::int32_t recent{0}; ///< since `since`
};

/// Greatest number of users that is counted for one starter pack, and for all of a call if those
/// are more than 100.
inline constexpr std::size_t max_joined = 10'000;
inline constexpr std::size_t max_joined_of_call = 100 * max_joined;

/// Users whose profiles say that they joined by a starter pack: at most `max_joined` of each pack,
/// those whose profiles were written last. Plan: profiles_self_joined_via backwards.
/// @param since µs since 1970, compared with the profile's createdAt, or the time of its commit if
/// it says none
[[nodiscard]] db::outcome<std::vector<joined_counts>>
joined_counts_of(session& on, std::span<const std::string_view> uris, db::micros since);

} // namespace prism::reads
