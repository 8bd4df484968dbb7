// Feeds as the AppView asks for them: which items each type of feed has, and what an item says.

#include "tests/integration/dataplane/asking.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

using json = boost::json::object;
using texts = std::vector<std::string>;

[[nodiscard]] json blob(std::string_view type) {
  return {{"$type", "blob"},
          {"ref", {{"$link", "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"}}},
          {"mimeType", type},
          {"size", 1000}};
}

/// The items, sorted: the last part of the post's uri, and of the repost's.
template <class Response>
[[nodiscard]] texts items_of(const Response& page) {
  const auto rkey = [](const std::string& uri) { return uri.substr(uri.rfind('/') + 1); };
  texts out;
  for (const auto& each : page.items())
    out.push_back(rkey(each.uri()) + (each.repost().empty() ? "" : " by " + rkey(each.repost())));
  std::ranges::sort(out);
  return out;
}

/// Alice with posts, replies and a repost; bob follows her and carol, who replies and quotes.
struct network {
  firehose_builder events;
  index_target target;

  network() {
    const auto plain = events.post("alice", "plain");
    const json image{{"image", blob("image/png")}, {"alt", ""}};
    events.post("alice", "images",
                {{"embed", {{"$type", "app.bsky.embed.images"}, {"images", {image}}}}});
    events.post("alice", "video",
                {{"embed", {{"$type", "app.bsky.embed.video"}, {"video", blob("video/mp4")}}}});
    events.reply("alice", "own-thread", plain, plain);
    const auto other = events.post("carol", "other");
    events.reply("alice", "other-thread", other, other);
    events.repost("alice", "r1", other);
    events.reply("carol", "reply", plain, plain);
    events.quote("carol", "quote", plain);
    for (const auto* whom : {"alice", "carol"})
      events.follow("bob", std::string{"f-"} + whom, whom);
    const auto list = events.list("bob", "l1");
    events.list_item("bob", "i1", list, "carol");
    target.apply(events.take(), 100);
  }

  [[nodiscard]] texts author_feed(bsky::FeedType type) {
    bsky::GetAuthorFeedRequest request;
    request.set_actor_did(did_of("alice"));
    request.set_limit(50);
    request.set_feed_type(type);
    return items_of(ask<bsky::GetAuthorFeedResponse>(target.connection, "GetAuthorFeed", request));
  }
};

template <class Request>
[[nodiscard]] Request asked(void (Request::*set)(bool) = nullptr) {
  Request out;
  out.set_limit(50);
  if (set != nullptr)
    (out.*set)(true);
  return out;
}

} // namespace

TEST_CASE("each type of author feed has its items") {
  network all;
  CHECK(all.author_feed(bsky::FEED_TYPE_UNSPECIFIED) ==
        texts{"images", "other by r1", "other-thread", "own-thread", "plain", "video"});
  CHECK(all.author_feed(bsky::FEED_TYPE_POSTS_AND_AUTHOR_THREADS) ==
        texts{"images", "other by r1", "own-thread", "plain", "video"});
  CHECK(all.author_feed(bsky::FEED_TYPE_POSTS_NO_REPLIES) ==
        texts{"images", "other by r1", "plain", "video"});
  CHECK(all.author_feed(bsky::FEED_TYPE_POSTS_WITH_MEDIA) == texts{"images"});
  CHECK(all.author_feed(bsky::FEED_TYPE_POSTS_WITH_VIDEO) == texts{"video"});
}

TEST_CASE("a timeline leaves out replies, reposts or quotes if it is asked to") {
  network all;
  const auto timeline = [&](void (bsky::GetTimelineRequest::*set)(bool)) {
    auto request = asked(set);
    request.set_actor_did(did_of("bob"));
    return items_of(ask<bsky::GetTimelineResponse>(all.target.connection, "GetTimeline", request));
  };
  const texts whole = timeline(nullptr);
  CHECK(whole == texts{"images", "other", "other by r1", "other-thread", "own-thread", "plain",
                       "quote", "reply", "video"});
  const auto without = [&](const texts& left_out) {
    texts out;
    std::ranges::set_difference(whole, left_out, std::back_inserter(out));
    return out;
  };
  using request = bsky::GetTimelineRequest;
  CHECK(timeline(&request::set_exclude_replies) ==
        without({"other-thread", "own-thread", "reply"}));
  CHECK(timeline(&request::set_exclude_reposts) == without({"other by r1"}));
  CHECK(timeline(&request::set_exclude_quotes) == without({"quote"}));
}

TEST_CASE("the feed of a list has the posts of its members, with their CIDs") {
  network all;
  const auto feed = [&](void (bsky::GetListFeedRequest::*set)(bool)) {
    auto request = asked(set);
    request.set_list_uri("at://" + did_of("bob") + "/app.bsky.graph.list/l1");
    const auto page = ask<bsky::GetListFeedResponse>(all.target.connection, "GetListFeed", request);
    texts out;
    for (const auto& each : page.items()) {
      CHECK(each.cid().starts_with("bafyrei"));
      out.push_back(each.uri().substr(each.uri().rfind('/') + 1));
    }
    std::ranges::sort(out);
    return out;
  };
  using request = bsky::GetListFeedRequest;
  CHECK(feed(nullptr) == texts{"other", "quote", "reply"});
  CHECK(feed(&request::set_exclude_replies) == texts{"other", "quote"});
  CHECK(feed(&request::set_exclude_quotes) == texts{"other", "reply"});
}
