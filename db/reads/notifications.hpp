#pragma once

#include "core/error.hpp"
#include "db/batch/notification.hpp"
#include "db/reads/page.hpp"

#include <string>
#include <string_view>
#include <tuple>

namespace prism::reads {

/// A notification.
struct notification {
  micros created_at{0};
  std::int64_t author_id{0};
  db::notification_reason reason{};
  std::int64_t subject_id{0}; ///< uris.id; 0: none
  std::string rkey;           ///< of the record
  std::string uri;            ///< of the record that caused it
  std::string subject_uri;    ///< of what was liked, reposted, replied to, quoted; may be empty
  bool from_followed{false};  ///< the recipient follows the author
};

/// The sort key of a notification: newest first, and in one millisecond by its other columns.
struct notification_position {
  micros created_at{0};
  std::int64_t author_id{0};
  std::int16_t reason{0};
  std::int64_t subject_id{0};
  std::string rkey;

  friend auto operator<=>(const notification_position&, const notification_position&) = default;
};

/// A cursor, behind which a page begins. It has two forms. A plain time,
/// `2026-11-28T12:00:00.000Z`, is behind all notifications of that time; the AppView makes the
/// first cursor so. If a page ends between notifications of one millisecond, the cursor is the
/// whole position, in a form that is no date, since the AppView truncates dates to milliseconds.
/// @returns `errc::invalid` for another text; empty for an empty one
[[nodiscard]] expected<std::optional<notification_position>>
parse_notification_cursor(std::string_view text);
[[nodiscard]] std::string format_notification_cursor(const notification_position& position);

struct notification_page {
  std::vector<notification> rows;
  std::string cursor; ///< empty: the last page
};

/// Notifications of a user, newest first, without those whose subject is not indexed. Those of
/// inactive authors are included; the AppView drops them. Empty for an unknown DID.
/// Plan: notifications_recipient_created_at in index order (filtered_page.hpp), and a few lookups
/// for each.
/// @param limit 0 to `max_list_page`
/// @param only_followed only those by accounts that the user follows
[[nodiscard]] outcome<notification_page>
notifications(executor& on, std::string_view did, const std::optional<notification_position>& after,
              std::size_t limit, bool only_followed);

/// Most notifications that are counted.
inline constexpr std::int64_t max_unread = 10'000;

/// The number of a user's notifications whose record is still there, also if their subject is not,
/// at most `max_unread`; 0 if the account is not known or taken down. Plan: as above; reads as many
/// rows as it counts.
[[nodiscard]] outcome<std::int64_t> unread_notifications(executor& on, std::string_view did);

} // namespace prism::reads
