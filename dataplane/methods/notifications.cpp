#include "db/reads/notifications.hpp"
#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "dataplane/methods/record_message.hpp"
#include "db/reads/sorted_page.hpp"

namespace prism::dataplane {

namespace {

[[nodiscard]] const char* name_of(db::notification_reason reason) {
  using db::notification_reason;
  switch (reason) {
  case notification_reason::like:
    return "like";
  case notification_reason::repost:
    return "repost";
  case notification_reason::follow:
    return "follow";
  case notification_reason::mention:
    return "mention";
  case notification_reason::reply:
    return "reply";
  case notification_reason::quote:
    return "quote";
  case notification_reason::like_via_repost:
    return "like-via-repost";
  case notification_reason::repost_via_repost:
    return "repost-via-repost";
  case notification_reason::starterpack_joined:
    return "starterpack-joined";
  case notification_reason::verified:
    return "verified";
  case notification_reason::unverified:
    return "unverified";
  }
  return "";
}

answer<void> notifications(call& with, const bsky::GetNotificationsRequest& in,
                           bsky::GetNotificationsResponse& out) {
  const auto after = reads::parse_notification_cursor(in.cursor());
  if (!after)
    return invalid(after.error().message);
  auto page = reads::notifications(with.on, without_nul(in.actor_did()), *after,
                                   reads::list_limit(in.limit()), in.priority());
  if (!page)
    return failed(page.error());
  for (auto& each : page->rows) {
    auto& row = *out.add_notifications();
    row.set_recipient_did(in.actor_did());
    row.set_uri(std::move(each.uri));
    row.set_reason(name_of(each.reason));
    row.set_reason_subject(std::move(each.subject_uri));
    set_time(*row.mutable_timestamp(), each.created_at);
    row.set_priority(each.from_followed);
  }
  out.set_cursor(std::move(page->cursor));
  return {};
}

/// Nobody has a seen time yet (private state), and then the official server counts all.
answer<void> unread_count(call& with, const bsky::GetUnreadNotificationCountRequest& in,
                          bsky::GetUnreadNotificationCountResponse& out) {
  const auto count = reads::unread_notifications(with.on, without_nul(in.actor_did()));
  if (!count)
    return failed(count.error());
  out.set_count(static_cast<std::int32_t>(*count));
  return {};
}

constexpr method notifications_group[] = {
    reads<notifications>("GetNotifications"),
    reads<unread_count>("GetUnreadNotificationCount"),
};

} // namespace

std::span<const method> notification_methods() {
  return notifications_group;
}

} // namespace prism::dataplane
