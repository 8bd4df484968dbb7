#include "dataplane/request_text.hpp"

#include "dataplane/proto/bsky.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using prism::dataplane::request_text;

namespace {

[[nodiscard]] bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

} // namespace

TEST_CASE("a request is shown with the names of its fields") {
  bsky::GetActorsRequest actors;
  actors.add_dids("did:plc:a");
  CHECK(request_text("GetActors", actors.SerializeAsString()) == "dids=did:plc:a");
  for (int i = 0; i < 99; ++i)
    actors.add_dids("did:plc:b");
  CHECK(request_text("GetActors", actors.SerializeAsString()) ==
        "dids=[did:plc:a, did:plc:b, did:plc:b, and 97 more]");

  bsky::GetAuthorFeedRequest feed;
  feed.set_actor_did("did:plc:a");
  feed.set_limit(50);
  feed.set_cursor("two words");
  feed.set_feed_type(bsky::FeedType::FEED_TYPE_POSTS_WITH_MEDIA);
  CHECK(request_text("GetAuthorFeed", feed.SerializeAsString()) ==
        "actor_did=did:plc:a limit=50 cursor=\"two words\" feed_type=FEED_TYPE_POSTS_WITH_MEDIA");

  bsky::GetInteractionCountsRequest counts;
  counts.add_refs()->set_uri("at://did:plc:a/app.bsky.feed.post/1");
  counts.add_refs();
  CHECK(request_text("GetInteractionCounts", counts.SerializeAsString()) ==
        "refs=[{uri=at://did:plc:a/app.bsky.feed.post/1}, {}]");
  CHECK(request_text("GetActors", "").empty());
}

TEST_CASE("methods of the interface have names, others are unknown") {
  const std::string asked = "GetActors";
  const auto name = prism::dataplane::name_in_interface(asked);
  CHECK(name == asked);
  CHECK(name.data() != asked.data());
  CHECK(prism::dataplane::name_in_interface("getActors") == "unknown");
  CHECK(prism::dataplane::name_in_interface("") == "unknown");
}

TEST_CASE("a request of an unknown method is shown with the numbers of its fields") {
  bsky::GetActorsRequest actors;
  actors.add_dids("did:plc:a");
  CHECK(request_text("GetTomorrow", actors.SerializeAsString()) == "#1=did:plc:a");
}

TEST_CASE("strangers' text does not pass for fields or steer the terminal") {
  bsky::GetFollowsRequest request;
  request.set_actor_did("x limit=5 \"]}\x1b[2J\r\n\xc3\xa9");
  CHECK(request_text("GetFollows", request.SerializeAsString()) ==
        R"(actor_did="x limit=5 \x22]}\x1b[2J\x0d\x0a\xc3\xa9")");
  request.set_actor_did(std::string(1'000'000, 'a'));
  CHECK(request_text("GetFollows", request.SerializeAsString()).size() < 200);
}

TEST_CASE("what is no message of its type is shown as far as it can be read") {
  bsky::GetFollowsRequest request;
  request.set_actor_did("did:plc:a");
  const auto whole = request.SerializeAsString();
  CHECK(request_text("GetFollows", whole + '\x0b') == "actor_did=did:plc:a (cut)");
  CHECK(request_text("GetFollows", whole.substr(0, 5)) == "actor_did=? (cut)");
  CHECK(request_text("GetFollows", std::string(1, '\0')) == "(cut)");
  CHECK(request_text("GetFollows", "\x0a\xff\xff\xff\xff\x0f") ==
        "actor_did=? (cut)"); // 4 GiB announced
}

TEST_CASE("any bytes give a bounded line of plain text") {
  std::mt19937 random(14); // NOLINT: the same in each run
  for (int run = 0; run < 20'000; ++run) {
    std::string bytes(random() % 64, '\0');
    for (auto& each : bytes)
      each = static_cast<char>(random() % (run % 2 == 0 ? 256 : 24));
    for (const auto* method : {"GetActors", "GetInteractionCounts", "GetAuthorFeed", "?"}) {
      const auto text = request_text(method, bytes);
      REQUIRE(text.size() <= 512);
      REQUIRE(is_plain(text));
    }
  }
  bsky::GetInteractionCountsRequest many;
  for (int i = 0; i < 200'000; ++i)
    many.add_refs();
  const auto text = request_text("GetInteractionCounts", many.SerializeAsString());
  CHECK(text.ends_with("(cut)"));
  CHECK(request_text("GetInteractionCounts", many.SerializeAsString(), 10) == "refs=[{...");
}
