#pragma once

#include "dataplane/method.hpp"

#include <span>

/// The methods by what they are about; a file each.
namespace prism::dataplane {

/// Private state, labels, moderation and search, which Prism does not have yet: answered as if
/// there were nothing.
[[nodiscard]] std::span<const method> empty_methods();
/// Get…Records.
[[nodiscard]] std::span<const method> record_methods();
/// GetActors, GetDidsByHandles, GetLatestRev.
[[nodiscard]] std::span<const method> actor_methods();
/// Numbers: GetInteractionCounts, GetCountsForUsers, GetListCounts, GetStarterPackCounts.
[[nodiscard]] std::span<const method> count_methods();
/// What is between a viewer and others: follows, blocks, likes and reposts of given subjects.
[[nodiscard]] std::span<const method> relation_methods();
/// Lists of people and of what they did, newest first: followers, likes, reposts, quotes.
[[nodiscard]] std::span<const method> people_methods();
/// Lists, starter packs, feed generators, blocks.
[[nodiscard]] std::span<const method> list_methods();
[[nodiscard]] std::span<const method> feed_methods();
[[nodiscard]] std::span<const method> thread_methods();
[[nodiscard]] std::span<const method> notification_methods();
[[nodiscard]] std::span<const method> identity_methods();
/// What the operator suggests, and accounts that are similar to one.
[[nodiscard]] std::span<const method> suggestion_methods();

} // namespace prism::dataplane
