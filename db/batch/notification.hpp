#pragma once

#include <cstdint>

namespace prism::db {

/// Why a notification was made. Stored in `notifications.reason`, so numbers never change; implies
/// the collection of the record that caused it.
enum class notification_reason : std::int16_t {
  like = 1,
  repost = 2,
  follow = 3,
  mention = 4,
  reply = 5,
  quote = 6,
  like_via_repost = 7,
  repost_via_repost = 8,
  starterpack_joined = 9,
  verified = 10,
  unverified = 11,
};

} // namespace prism::db
