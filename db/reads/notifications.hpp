#pragma once

#include "db/batch/notification.hpp"
#include "db/reads/page.hpp"

#include <string>
#include <tuple>

namespace prism::reads {

/// A notification. Its record is at `author_did` and `rkey`, in the collection that the reason
/// implies.
struct notification {
  micros created_at{0};
  std::int64_t author_id{0};
  std::string author_did;
  db::notification_reason reason{};
  std::string rkey;
  std::int64_t subject_id{0};  ///< uris.id; 0: none
  std::string subject_did;     ///< the uri of what was liked, reposted, replied to or quoted
  std::int16_t subject_kind{}; ///< atproto::collection
  std::string subject_rkey;
};

/// The sort key of a notification. The default is before all.
struct notification_position {
  micros created_at{end_of_time};
  std::int64_t author_id{highest_id};
  std::int16_t reason{0};
  std::string rkey{};
  std::int64_t subject_id{0};

  [[nodiscard]] bool operator<(const notification_position& other) const {
    return std::tie(created_at, author_id, reason, rkey, subject_id) <
           std::tie(other.created_at, other.author_id, other.reason, other.rkey, other.subject_id);
  }
};

using notification_page = page<notification, notification_position>;

/// Notifications of a user, newest first, without those whose subject, a post, repost or starter
/// pack, is no longer indexed.
/// Plan: notifications_recipient_created_at in index order, and a look-up of author and subject of
/// each.
/// @param limit 1 to `max_page`.
[[nodiscard]] outcome<notification_page> notifications(executor& on, std::int64_t user_id,
                                                       const notification_position& after,
                                                       std::size_t limit);

/// The count ends here; clients show "many".
inline constexpr std::int64_t max_unread = 1000;

/// The number of notifications returned by `notifications` that are newer than `seen_at`, at most
/// `max_unread`. Plan: as above; reads as many rows as it counts.
[[nodiscard]] outcome<std::int64_t> unread_notifications(executor& on, std::int64_t user_id,
                                                         micros seen_at);

} // namespace prism::reads
