#include "db/reads/counts.hpp"

#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"

#include <array>

namespace prism::dataplane {

namespace {

constexpr db::micros week = INT64_C(7) * 24 * 3600 * 1'000'000;

answer<void> interaction_counts(call& with, const bsky::GetInteractionCountsRequest& in,
                                bsky::GetInteractionCountsResponse& out) {
  const auto uris = uris_of(in.refs());
  if (!uris)
    return tl::unexpected(uris.error());
  const auto counts = reads::interaction_counts_of(with.on, *uris);
  if (!counts)
    return failed(counts.error());
  for (const auto& each : *counts) {
    out.add_likes(each.likes);
    out.add_reposts(each.reposts);
    out.add_replies(each.replies);
    out.add_quotes(each.quotes);
    out.add_bookmarks(0);
  }
  return {};
}

answer<void> counts_for_users(call& with, const bsky::GetCountsForUsersRequest& in,
                              bsky::GetCountsForUsersResponse& out) {
  const auto dids = names(in.dids());
  if (!dids)
    return tl::unexpected(dids.error());
  const auto counts = reads::user_counts_of(with.on, *dids);
  if (!counts)
    return failed(counts.error());
  for (const auto& each : *counts) {
    out.add_posts(each.posts);
    out.add_following(each.follows);
    out.add_followers(each.followers);
    out.add_lists(each.lists);
    out.add_feeds(each.feeds);
    out.add_starter_packs(each.starter_packs);
    out.add_drafts(0);
  }
  return {};
}

answer<void> list_counts(call& with, const bsky::GetListCountsRequest& in,
                         bsky::GetListCountsResponse& out) {
  const auto uris = uris_of(in.refs());
  if (!uris)
    return tl::unexpected(uris.error());
  const auto counts = reads::list_counts_of(with.on, *uris);
  if (!counts)
    return failed(counts.error());
  for (const auto each : *counts)
    out.add_list_items(each);
  return {};
}

answer<void> list_count(call& with, const bsky::GetListCountRequest& in,
                        bsky::GetListCountResponse& out) {
  const auto counts = reads::list_counts_of(with.on, std::array{std::string_view{in.list_uri()}});
  if (!counts)
    return failed(counts.error());
  out.set_count(counts->front());
  return {};
}

answer<void> starter_pack_counts(call& with, const bsky::GetStarterPackCountsRequest& in,
                                 bsky::GetStarterPackCountsResponse& out) {
  const auto uris = uris_of(in.refs());
  if (!uris)
    return tl::unexpected(uris.error());
  const auto counts = reads::joined_counts_of(with.on, *uris, with.now - week);
  if (!counts)
    return failed(counts.error());
  for (const auto& each : *counts) {
    out.add_joined_all_time(each.all);
    out.add_joined_week(each.recent);
  }
  return {};
}

constexpr method counts_group[] = {
    reads<interaction_counts>("GetInteractionCounts"),
    reads<counts_for_users>("GetCountsForUsers"),
    reads<list_counts>("GetListCounts"),
    reads<list_count>("GetListCount"),
    reads<starter_pack_counts>("GetStarterPackCounts"),
};

} // namespace

std::span<const method> count_methods() {
  return counts_group;
}

} // namespace prism::dataplane
