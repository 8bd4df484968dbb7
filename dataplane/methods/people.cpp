#include "db/reads/people.hpp"

#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "dataplane/methods/pages.hpp"
#include "db/reads/engagements.hpp"
#include "db/reads/known.hpp"

namespace prism::dataplane {

namespace {

using reads::listed_record;

// The field `sort` of these two changes nothing in the official data plane either.
answer<void> followers(call& with, const bsky::GetFollowersRequest& in,
                       bsky::GetFollowersResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::followers,
                     [&](auto& to, listed_record& each) {
                       auto& follow = *to.add_followers();
                       follow.set_uri(std::move(each.uri));
                       follow.set_actor_did(std::move(each.did));
                       follow.set_subject_did(in.actor_did());
                     });
}

answer<void> follows(call& with, const bsky::GetFollowsRequest& in, bsky::GetFollowsResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::follows,
                     [&](auto& to, listed_record& each) {
                       auto& follow = *to.add_follows();
                       follow.set_uri(std::move(each.uri));
                       follow.set_actor_did(in.actor_did());
                       follow.set_subject_did(std::move(each.other));
                     });
}

/// Lists of the uris of records.
template <auto Read, class Request, class Response>
answer<void> of_subject(call& with, const Request& in, Response& out) {
  return answer_list(with, in.subject().uri(), in, out, Read,
                     [](auto& to, listed_record& each) { to.add_uris(std::move(each.uri)); });
}

answer<void> actor_likes(call& with, const bsky::GetActorLikesRequest& in,
                         bsky::GetActorLikesResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::likes_by,
                     [](auto& to, listed_record& each) {
                       auto& like = *to.add_likes();
                       like.set_uri(std::move(each.uri));
                       like.set_subject(std::move(each.other));
                     });
}

answer<void> actor_reposts(call& with, const bsky::GetActorRepostsRequest& in,
                           bsky::GetActorRepostsResponse& out) {
  return answer_list(with, in.actor_did(), in, out, reads::reposts_by,
                     [](auto& to, listed_record& each) { to.add_uris(std::move(each.uri)); });
}

answer<void> known_likers(call& with, const bsky::GetKnownLikersRequest& in,
                          bsky::GetKnownLikersResponse& out) {
  const auto uris =
      arguments(in.subject_uris(), [](const std::string& uri) { return std::string_view{uri}; });
  if (!uris)
    return tl::unexpected(uris.error());
  auto known = reads::known_likers_of(with.on, without_nul(in.actor_did()), *uris, in.limit());
  if (!known)
    return failed(known.error());
  if (auto few =
          few_in_all(*known, reads::max_known, [](const auto& each) { return each.dids.size(); });
      !few)
    return few;
  for (std::size_t i = 0; i < uris->size(); ++i) {
    auto& each = *out.add_results();
    each.set_subject_uri(in.subject_uris(static_cast<int>(i)));
    each.set_count((*known)[i].count);
    for (auto& did : (*known)[i].dids)
      each.add_dids(std::move(did));
  }
  return {};
}

constexpr method people_group[] = {
    reads<followers>("GetFollowers"),
    reads<follows>("GetFollows"),
    reads<of_subject<reads::likes_of, bsky::GetLikesBySubjectSortedRequest,
                     bsky::GetLikesBySubjectSortedResponse>>("GetLikesBySubjectSorted"),
    reads<of_subject<reads::likes_of, bsky::GetLikesBySubjectRequest,
                     bsky::GetLikesBySubjectResponse>>("GetLikesBySubject"),
    reads<of_subject<reads::reposts_of, bsky::GetRepostsBySubjectRequest,
                     bsky::GetRepostsBySubjectResponse>>("GetRepostsBySubject"),
    reads<of_subject<reads::quotes_of, bsky::GetQuotesBySubjectSortedRequest,
                     bsky::GetQuotesBySubjectSortedResponse>>("GetQuotesBySubjectSorted"),
    reads<actor_likes>("GetActorLikes"),
    reads<actor_reposts>("GetActorReposts"),
    reads<known_likers>("GetKnownLikers"),
};

} // namespace

std::span<const method> people_methods() {
  return people_group;
}

} // namespace prism::dataplane
