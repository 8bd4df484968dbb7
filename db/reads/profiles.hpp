#pragma once

#include "db/reads/page.hpp"

#include <string>

namespace prism::reads {

/// A user with its counts. Inactive accounts are returned too, with their status; the caller
/// decides what to show.
struct profile {
  std::int64_t user_id{0};
  std::string did;
  std::string handle;  ///< empty: no confirmed handle
  std::string status;  ///< empty: active; else deactivated, suspended, takendown, deleted …
  bool indexed{false}; ///< false: known only from records of others
  std::string display_name;
  std::string description;
  std::int64_t followers{0};
  std::int64_t follows{0};
  std::int64_t posts{0};
};

/// The users.id of a DID; empty if the DID is unknown. Plan: users_did_key.
[[nodiscard]] outcome<std::optional<std::int64_t>> find_user(executor& on, std::string_view did);

/// Profiles in the order of `user_ids`, without unknown users. Plan: the primary keys of users,
/// profiles and user_aggregates.
/// @param user_ids the first `max_page` of them are looked up.
[[nodiscard]] outcome<std::vector<profile>> profiles(executor& on,
                                                     std::span<const std::int64_t> user_ids);

} // namespace prism::reads
