#pragma once

#include "db/reads/page.hpp"

#include <string>

namespace prism::reads {

/// A user with what is counted of it. Inactive accounts are given too, with their status: the
/// reader decides what it says of them.
struct profile {
  std::int64_t user_id{0};
  std::string did;
  std::string handle;  ///< empty: none that was verified
  std::string status;  ///< empty: active; else deactivated, suspended, takendown, deleted …
  bool indexed{false}; ///< false: only ever referred to by others
  std::string display_name;
  std::string description;
  std::int64_t followers{0};
  std::int64_t follows{0};
  std::int64_t posts{0};
};

/// The id of a DID, if it was ever seen. Plan: users_did_key.
[[nodiscard]] outcome<std::optional<std::int64_t>> find_user(executor& on, std::string_view did);

/// The profiles of these users, in their order, without those that are unknown. Plan: the primary
/// keys of users, profiles and user_aggregates.
/// @param user_ids the first `max_page` of them are looked up.
[[nodiscard]] outcome<std::vector<profile>> profiles(executor& on,
                                                     std::span<const std::int64_t> user_ids);

} // namespace prism::reads
