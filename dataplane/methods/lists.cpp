#include "db/reads/lists.hpp"

#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "dataplane/methods/pages.hpp"

namespace prism::dataplane {

namespace {

using reads::listed_record;

answer<void> actor_lists(call& with, const bsky::GetActorListsRequest& in,
                         bsky::GetActorListsResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::lists_by,
                     [](auto& to, listed_record& each) { to.add_list_uris(std::move(each.uri)); });
}

answer<void> list_members(call& with, const bsky::GetListMembersRequest& in,
                          bsky::GetListMembersResponse& out) {
  return answer_list(
      with, in.list_uri(), in, out,
      [&](db::executor& on, std::string_view uri, const reads::page_request& page) {
        return reads::list_members(on, uri, without_nul(in.viewer_did()), page);
      },
      [](auto& to, listed_record& each) {
        auto& item = *to.add_listitems();
        item.set_uri(std::move(each.uri));
        item.set_did(std::move(each.other));
        item.set_subject_opted_out(each.opted_out);
      });
}

answer<void> actor_feeds(call& with, const bsky::GetActorFeedsRequest& in,
                         bsky::GetActorFeedsResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::feeds_by,
                     [](auto& to, listed_record& each) { to.add_uris(std::move(each.uri)); });
}

answer<void> actor_starter_packs(call& with, const bsky::GetActorStarterPacksRequest& in,
                                 bsky::GetActorStarterPacksResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::starter_packs_by,
                     [](auto& to, listed_record& each) { to.add_uris(std::move(each.uri)); });
}

answer<void> blocks(call& with, const bsky::GetBlocksRequest& in, bsky::GetBlocksResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::blocks_by,
                     [](auto& to, listed_record& each) { to.add_block_uris(std::move(each.uri)); });
}

answer<void> blocklist_subscriptions(call& with, const bsky::GetBlocklistSubscriptionsRequest& in,
                                     bsky::GetBlocklistSubscriptionsResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::blocking_lists,
                     [](auto& to, listed_record& each) { to.add_list_uris(std::move(each.uri)); });
}

constexpr method lists_group[] = {
    reads<actor_lists>("GetActorLists"),
    reads<list_members>("GetListMembers"),
    reads<actor_feeds>("GetActorFeeds"),
    reads<actor_starter_packs>("GetActorStarterPacks"),
    reads<blocks>("GetBlocks"),
    reads<blocklist_subscriptions>("GetBlocklistSubscriptions"),
};

} // namespace

std::span<const method> list_methods() {
  return lists_group;
}

} // namespace prism::dataplane
