#include "db/index/effects.hpp"

#include <algorithm>

namespace prism::db {

using atproto::collection;

namespace {

/// The sign of a change to a count.
constexpr std::int32_t added = 1;
constexpr std::int32_t removed = -1;

} // namespace

void effects::count_post(std::int64_t post_id, const post_delta& change) {
  auto& sum = posts_[post_id];
  sum.likes += change.likes;
  sum.reposts += change.reposts;
  sum.replies += change.replies;
  sum.quotes += change.quotes;
}

void effects::count_user(std::int64_t user_id, const user_delta& change) {
  auto& sum = users_[user_id];
  sum.followers += change.followers;
  sum.follows += change.follows;
  sum.posts += change.posts;
}

void effects::retract_all(std::int64_t author_id, std::string rkey, notification_reason reason) {
  all_retracted_.push_back({std::nullopt, author_id, reason, std::move(rkey), std::nullopt, 0, 0});
}

void effects::relation_added(collection kind, const struct relation& row) {
  apply_relation(kind, row, added);
}

void effects::relation_removed(collection kind, const struct relation& row) {
  apply_relation(kind, row, removed);
}

void effects::apply_relation(collection kind, const struct relation& row, std::int32_t sign) {
  using reason = notification_reason;
  const auto sort_at = std::min(row.created_at, row.commit_time);
  const auto notify_user = [&](std::optional<std::int64_t> recipient, reason cause,
                               std::optional<std::int64_t> subject) {
    auto& list = sign == added ? notified_ : retracted_;
    list.push_back({recipient, row.creator_id, cause, row.rkey, subject, sort_at, row.place});
  };
  // A like of one's own post notifies nobody, not even the reposter (@atproto/bsky, like plugin).
  const auto notify_via = [&](reason cause) {
    if (!row.via_id)
      return;
    notify_user(std::nullopt, cause, row.via_id);
    (sign == added ? notified_ : retracted_).back().unless_own = row.subject_id;
  };
  switch (kind) {
  case collection::like:
    count_post(row.subject_id, {.likes = sign});
    notify_user(std::nullopt, reason::like, row.subject_id);
    notify_via(reason::like_via_repost);
    break;
  case collection::repost: {
    count_post(row.subject_id, {.reposts = sign});
    notify_user(std::nullopt, reason::repost, row.subject_id);
    notify_via(reason::repost_via_repost);
    auto& items = sign == added ? feed_added_ : feed_removed_;
    items.push_back({row.creator_id, sort_at, row.subject_id, row.rkey});
    break;
  }
  case collection::follow:
    count_user(row.creator_id, {.follows = sign});
    count_user(row.subject_id, {.followers = sign});
    notify_user(row.subject_id, reason::follow, std::nullopt);
    break;
  case collection::list_item:
    lists_[row.list_id] += sign;
    lock_user(row.subject_id);
    break;
  default: // verifications: db/index/verifications.hpp
    break;
  }
}

} // namespace prism::db
