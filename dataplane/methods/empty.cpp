#include "atproto/syntax/syntax.hpp"
#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"

namespace prism::dataplane {

namespace {

/// An answer of no entries.
template <class Request, class Response>
answer<void> nothing(const Request& /*in*/, Response& /*out*/) {
  return {};
}

// One empty entry for each that is asked.

answer<void> thread_mutes(const bsky::GetThreadMutesOnSubjectsRequest& in,
                          bsky::GetThreadMutesOnSubjectsResponse& out) {
  if (auto few = few_enough(in.thread_roots()); !few)
    return few;
  out.mutable_muted()->Resize(in.thread_roots_size(), false);
  return {};
}

answer<void> preferences(const bsky::GetNotificationPreferencesRequest& in,
                         bsky::GetNotificationPreferencesResponse& out) {
  if (auto few = few_enough(in.dids()); !few)
    return few;
  for (int i = 0; i < in.dids_size(); ++i)
    out.add_preferences();
  return {};
}

answer<void>
activity_subscriptions(const bsky::GetActivitySubscriptionsByActorAndSubjectsRequest& in,
                       bsky::GetActivitySubscriptionsByActorAndSubjectsResponse& out) {
  if (auto few = few_enough(in.subject_dids()); !few)
    return few;
  if (in.actor_did().size() > atproto::max_did_bytes)
    return invalid("actor_did is not a DID");
  // Both are in each entry, so an answer can be a hundred times as large as its request.
  constexpr std::string_view name_space = "app.bsky.notification.defs#subjectActivitySubscription";
  constexpr std::size_t largest = std::size_t{1} << 20U;
  constexpr std::size_t other_bytes = 8; // tags and lengths, about
  if (const auto bytes = (in.actor_did().size() + name_space.size() + other_bytes) *
                         static_cast<std::size_t>(in.subject_dids_size());
      bytes > largest)
    return too_large(bytes, largest);
  for (int i = 0; i < in.subject_dids_size(); ++i) {
    auto& each = *out.add_subscriptions();
    each.set_actor_did(in.actor_did());
    each.set_namespace_(name_space.data(), name_space.size());
  }
  return {};
}

answer<void> bookmarks(const bsky::GetBookmarksByActorAndSubjectsRequest& in,
                       bsky::GetBookmarksByActorAndSubjectsResponse& out) {
  if (auto few = few_enough(in.uris()); !few)
    return few;
  for (int i = 0; i < in.uris_size(); ++i)
    out.add_bookmarks();
  return {};
}

/// V2 searches always have their page's information.
template <class Request, class Response>
answer<void> no_hits(const Request& /*in*/, Response& out) {
  out.mutable_page_info();
  return {};
}

// A sitemap index without sitemaps (sitemaps.org), compressed with gzip:
// <?xml version="1.0" encoding="UTF-8"?>
// <sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></sitemapindex>
constexpr char empty_sitemap_index[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3\xb1\xaf\xc8\xcd\x51"
    "\x28\x4b\x2d\x2a\xce\xcc\xcf\xb3\x55\x32\xd4\x33\x50\x52\x48\xcd"
    "\x4b\xce\x4f\xc9\xcc\x4b\xb7\x55\x0a\x0d\x71\xd3\xb5\x50\xb2\xb7"
    "\xe3\xb2\x29\xce\x2c\x49\xcd\x4d\x2c\xc8\xcc\x4b\x49\xad\x50\x00"
    "\x6a\xc9\x2b\xb6\x55\xca\x28\x29\x29\xb0\xd2\xd7\x2f\x2f\x2f\xd7"
    "\x83\x4a\x17\xeb\xe5\x17\xa5\xeb\x17\x27\x67\x00\x39\xc5\xfa\x50"
    "\x41\x7d\x03\x3d\x4b\x25\x3b\x1b\x7d\x64\x23\xec\xb8\x00\xc9\x3b"
    "\x9d\x5f\x79\x00\x00\x00";

answer<void> sitemap_index(const bsky::GetSitemapIndexRequest& /*in*/,
                           bsky::GetSitemapIndexResponse& out) {
  out.set_sitemap(empty_sitemap_index, sizeof empty_sitemap_index - 1);
  return {};
}

answer<void> no_sitemap_page(const bsky::GetSitemapPageRequest& /*in*/,
                             bsky::GetSitemapPageResponse& /*out*/) {
  return not_found("there is no sitemap");
}

#define PRISM_NOTHING(name) at_once<nothing<bsky::name##Request, bsky::name##Response>>(#name)
#define PRISM_NO_HITS(name) at_once<no_hits<bsky::name##Request, bsky::name##Response>>(#name)

// The six that write takedowns are not here: to answer them would be to say that it is done.
constexpr method empty_group[] = {
    PRISM_NOTHING(Ping),
    // private state
    PRISM_NOTHING(GetMutes),
    PRISM_NOTHING(GetMutelistSubscription),
    PRISM_NOTHING(GetMutelistSubscriptions),
    PRISM_NOTHING(GetActorMutesActor),
    PRISM_NOTHING(GetActorMutesActorViaList),
    at_once<thread_mutes>("GetThreadMutesOnSubjects"),
    at_once<preferences>("GetNotificationPreferences"),
    PRISM_NOTHING(GetNotificationSeen),
    PRISM_NOTHING(UpdateNotificationSeen),
    PRISM_NOTHING(GetActivitySubscriptionDids),
    at_once<activity_subscriptions>("GetActivitySubscriptionsByActorAndSubjects"),
    PRISM_NOTHING(GetActorBookmarks),
    at_once<bookmarks>("GetBookmarksByActorAndSubjects"),
    PRISM_NOTHING(GetActorDrafts),
    // labels and moderation
    PRISM_NOTHING(GetLabels),
    PRISM_NOTHING(GetActorTakedown),
    PRISM_NOTHING(GetBlobTakedown),
    PRISM_NOTHING(GetRecordTakedown),
    // search
    PRISM_NOTHING(SearchActors),
    PRISM_NOTHING(SearchPosts),
    PRISM_NOTHING(SearchStarterPacks),
    PRISM_NOTHING(SearchFeedGenerators),
    PRISM_NOTHING(SearchActorsTypeahead),
    PRISM_NO_HITS(SearchActorsV2),
    PRISM_NO_HITS(SearchPostsV2),
    PRISM_NO_HITS(SearchStarterPacksV2),
    PRISM_NO_HITS(SearchFeedGeneratorsV2),
    // what no corpus has
    PRISM_NOTHING(GetSiteStandardRecordsByRef),
    PRISM_NOTHING(GetSiteStandardRecordsByURI),
    at_once<sitemap_index>("GetSitemapIndex"),
    at_once<no_sitemap_page>("GetSitemapPage"),
};

#undef PRISM_NOTHING
#undef PRISM_NO_HITS

} // namespace

std::span<const method> empty_methods() {
  return empty_group;
}

} // namespace prism::dataplane
