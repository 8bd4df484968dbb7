#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "db/reads/by_actor.hpp"
#include "db/reads/known.hpp"
#include "db/reads/relationships.hpp"

#include <array>

namespace prism::dataplane {

namespace {

answer<void> relationships(call& with, const bsky::GetRelationshipsRequest& in,
                           bsky::GetRelationshipsResponse& out) {
  const auto targets = names(in.target_dids());
  if (!targets)
    return tl::unexpected(targets.error());
  auto found = reads::relationships(with.on, without_nul(in.actor_did()), *targets);
  if (!found)
    return failed(found.error());
  for (auto& from : *found) {
    auto& each = *out.add_relationships();
    each.set_blocking(std::move(from.blocks.blocking));
    each.set_blocked_by(std::move(from.blocks.blocked_by));
    each.set_blocking_by_list(std::move(from.blocks.blocking_by_list));
    each.set_blocked_by_list(std::move(from.blocks.blocked_by_list));
    each.set_following(std::move(from.following));
    each.set_followed_by(std::move(from.followed_by));
  }
  return {};
}

using pairs = std::vector<std::pair<std::string_view, std::string_view>>;

answer<void> block_existence(call& with, const bsky::GetBlockExistenceRequest& in,
                             bsky::GetBlockExistenceResponse& out) {
  const auto first = arguments(in.pairs(), [](const auto& pair) { return without_nul(pair.a()); });
  if (!first)
    return tl::unexpected(first.error());
  pairs asked;
  asked.reserve(first->size());
  for (const auto& each : in.pairs())
    asked.emplace_back((*first)[asked.size()], without_nul(each.b()));
  auto found = reads::blocks_of_pairs(with.on, asked);
  if (!found)
    return failed(found.error());
  for (auto& from : *found) {
    out.add_exists(!from.blocking.empty() || !from.blocked_by.empty() ||
                   !from.blocking_by_list.empty() || !from.blocked_by_list.empty());
    auto& each = *out.add_blocks();
    each.set_blocking(std::move(from.blocking));
    each.set_blocked_by(std::move(from.blocked_by));
    each.set_blocking_by_list(std::move(from.blocking_by_list));
    each.set_blocked_by_list(std::move(from.blocked_by_list));
  }
  return {};
}

/// What blocks between the two accounts of a request.
template <class Request>
[[nodiscard]] db::outcome<reads::blocks_between> between(call& with, const Request& in) {
  auto found = reads::blocks_of_pairs(
      with.on, std::array{std::pair<std::string_view, std::string_view>{
                   without_nul(in.actor_did()), without_nul(in.target_did())}});
  if (!found)
    return tl::unexpected(found.error());
  return std::move(found->front());
}

answer<void> bidirectional_block(call& with, const bsky::GetBidirectionalBlockRequest& in,
                                 bsky::GetBidirectionalBlockResponse& out) {
  const auto found = between(with, in);
  if (!found)
    return failed(found.error());
  out.set_block_uri(found->blocking.empty() ? found->blocked_by : found->blocking);
  return {};
}

answer<void> bidirectional_list_block(call& with,
                                      const bsky::GetBidirectionalBlockViaListRequest& in,
                                      bsky::GetBidirectionalBlockViaListResponse& out) {
  const auto found = between(with, in);
  if (!found)
    return failed(found.error());
  out.set_list_uri(found->blocking_by_list.empty() ? found->blocked_by_list
                                                   : found->blocking_by_list);
  return {};
}

/// Of each reference the uri of the actor's record.
template <auto Read, class Request, class Response>
answer<void> of_refs(call& with, const Request& in, Response& out) {
  const auto uris = uris_of(in.refs());
  if (!uris)
    return tl::unexpected(uris.error());
  auto found = Read(with.on, without_nul(in.actor_did()), *uris);
  if (!found)
    return failed(found.error());
  for (auto& each : *found)
    out.add_uris(std::move(each));
  return {};
}

answer<void> actor_follows_actors(call& with, const bsky::GetActorFollowsActorsRequest& in,
                                  bsky::GetActorFollowsActorsResponse& out) {
  const auto targets = names(in.target_dids());
  if (!targets)
    return tl::unexpected(targets.error());
  auto found = reads::follows_by_of(with.on, without_nul(in.actor_did()), *targets);
  if (!found)
    return failed(found.error());
  for (auto& each : *found)
    out.add_uris(std::move(each));
  return {};
}

answer<void> follows_following(call& with, const bsky::GetFollowsFollowingRequest& in,
                               bsky::GetFollowsFollowingResponse& out) {
  const auto targets = names(in.target_dids());
  if (!targets)
    return tl::unexpected(targets.error());
  auto found = reads::known_followers(with.on, without_nul(in.actor_did()), *targets);
  if (!found)
    return failed(found.error());
  if (auto few = few_in_all(*found, reads::max_known, [](const auto& each) { return each.size(); });
      !few)
    return few;
  for (std::size_t i = 0; i < found->size(); ++i) {
    auto& each = *out.add_results();
    each.set_target_did(in.target_dids(static_cast<int>(i)));
    for (auto& did : (*found)[i])
      each.add_dids(std::move(did));
  }
  return {};
}

answer<void> list_membership(call& with, const bsky::GetListMembershipRequest& in,
                             bsky::GetListMembershipResponse& out) {
  const auto lists =
      arguments(in.list_uris(), [](const std::string& uri) { return std::string_view{uri}; });
  if (!lists)
    return tl::unexpected(lists.error());
  auto found = reads::memberships_of(with.on, without_nul(in.actor_did()), *lists);
  if (!found)
    return failed(found.error());
  for (auto& each : *found)
    out.add_listitem_uris(std::move(each));
  return {};
}

answer<void> opt_outs(call& with, const bsky::GetReferencelistoptoutsByActorAndSubjectsRequest& in,
                      bsky::GetReferencelistoptoutsByActorAndSubjectsResponse& out) {
  const auto lists = arguments(in.subject_uris(), std::identity{});
  if (!lists)
    return tl::unexpected(lists.error());
  auto found = reads::opt_outs_by_of(with.on, without_nul(in.actor_did()), *lists);
  if (!found)
    return failed(found.error());
  for (auto& each : *found)
    out.add_uris(std::move(each));
  return {};
}

answer<void> blocklist_subscription(call& with, const bsky::GetBlocklistSubscriptionRequest& in,
                                    bsky::GetBlocklistSubscriptionResponse& out) {
  auto found = reads::list_blocks_by_of(with.on, without_nul(in.actor_did()),
                                        std::array{std::string_view{in.list_uri()}});
  if (!found)
    return failed(found.error());
  out.set_listblock_uri(std::move(found->front()));
  return {};
}

constexpr method relations_group[] = {
    reads<relationships>("GetRelationships"),
    reads<block_existence>("GetBlockExistence"),
    reads<bidirectional_block>("GetBidirectionalBlock"),
    reads<bidirectional_list_block>("GetBidirectionalBlockViaList"),
    reads<of_refs<reads::likes_by_of, bsky::GetLikesByActorAndSubjectsRequest,
                  bsky::GetLikesByActorAndSubjectsResponse>>("GetLikesByActorAndSubjects"),
    reads<of_refs<reads::reposts_by_of, bsky::GetRepostsByActorAndSubjectsRequest,
                  bsky::GetRepostsByActorAndSubjectsResponse>>("GetRepostsByActorAndSubjects"),
    reads<actor_follows_actors>("GetActorFollowsActors"),
    reads<follows_following>("GetFollowsFollowing"),
    reads<list_membership>("GetListMembership"),
    reads<blocklist_subscription>("GetBlocklistSubscription"),
    reads<opt_outs>("GetReferencelistoptoutsByActorAndSubjects"),
};

} // namespace

std::span<const method> relation_methods() {
  return relations_group;
}

} // namespace prism::dataplane
