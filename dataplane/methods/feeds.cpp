#include "dataplane/methods/arguments.hpp"
#include "dataplane/methods/groups.hpp"
#include "dataplane/methods/message_method.hpp"
#include "db/reads/author_feed.hpp"
#include "db/reads/list_feed.hpp"
#include "db/reads/timeline.hpp"

namespace prism::dataplane {

namespace {

using reads::author_feed_kind;

[[nodiscard]] author_feed_kind kind_of(bsky::FeedType type) {
  switch (type) {
  case bsky::FEED_TYPE_POSTS_AND_AUTHOR_THREADS:
    return author_feed_kind::author_threads;
  case bsky::FEED_TYPE_POSTS_NO_REPLIES:
    return author_feed_kind::no_replies;
  case bsky::FEED_TYPE_POSTS_WITH_MEDIA:
    return author_feed_kind::images;
  case bsky::FEED_TYPE_POSTS_WITH_VIDEO:
    return author_feed_kind::video;
  default:
    return author_feed_kind::everything;
  }
}

template <class Request>
[[nodiscard]] reads::feed_exclusions exclusions(const Request& in) {
  return {in.exclude_replies(), in.exclude_reposts(), in.exclude_quotes()};
}

/// The official server gives uris and nothing else in timelines and author feeds: so do we.
template <class Response>
void fill_uris(reads::feed_page page, Response& out) {
  for (auto& each : page.rows) {
    auto& item = *out.add_items();
    item.set_uri(std::move(each.uri));
    item.set_repost(std::move(each.repost_uri));
  }
  out.set_cursor(std::move(page.cursor));
}

answer<void> author_feed(call& with, const bsky::GetAuthorFeedRequest& in,
                         bsky::GetAuthorFeedResponse& out) {
  const auto after = reads::parse_list_cursor(in.cursor());
  if (!after)
    return invalid(after.error().message);
  auto page = reads::author_feed(with.on, without_nul(in.actor_did()), kind_of(in.feed_type()),
                                 *after, reads::list_limit(in.limit()));
  if (!page)
    return failed(page.error());
  fill_uris(std::move(*page), out);
  return {};
}

answer<void> timeline(call& with, const bsky::GetTimelineRequest& in,
                      bsky::GetTimelineResponse& out) {
  const auto after = reads::parse_list_cursor(in.cursor());
  if (!after)
    return invalid(after.error().message);
  auto page = reads::timeline(with.on, without_nul(in.actor_did()), *after,
                              reads::list_limit(in.limit()), exclusions(in));
  if (!page)
    return failed(page.error());
  fill_uris(std::move(*page), out);
  return {};
}

answer<void> list_feed(call& with, const bsky::GetListFeedRequest& in,
                       bsky::GetListFeedResponse& out) {
  const auto after = reads::parse_list_cursor(in.cursor());
  if (!after)
    return invalid(after.error().message);
  auto page = reads::list_feed(with.on, in.list_uri(), *after, reads::list_limit(in.limit()),
                               exclusions(in));
  if (!page)
    return failed(page.error());
  for (auto& each : page->rows) {
    auto& item = *out.add_items();
    item.set_uri(std::move(each.uri));
    item.set_cid(std::move(each.cid));
  }
  out.set_cursor(std::move(page->cursor));
  return {};
}

constexpr method feeds_group[] = {
    reads<author_feed>("GetAuthorFeed"),
    reads<list_feed>("GetListFeed"),
    reads<timeline>("GetTimeline"),
};

} // namespace

std::span<const method> feed_methods() {
  return feeds_group;
}

} // namespace prism::dataplane
