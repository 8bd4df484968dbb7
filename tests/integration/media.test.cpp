#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"

#include <catch2/catch.hpp>

// Which posts the two media filters of an author feed show (migrations/0017), as @atproto/bsky
// decides it, and the precision of stored times.

using namespace prism;
using namespace prism::test;

namespace {

using fields = firehose_builder::fields;

[[nodiscard]] boost::json::object blob(std::string_view type) {
  return {{"$type", "blob"},
          {"ref", {{"$link", "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"}}},
          {"mimeType", type},
          {"size", 1000}};
}

[[nodiscard]] boost::json::object image() {
  return {{"image", blob("image/png")}, {"alt", ""}};
}

[[nodiscard]] boost::json::object images(boost::json::array of) {
  return {{"$type", "app.bsky.embed.images"}, {"images", std::move(of)}};
}

[[nodiscard]] boost::json::object gallery(std::string_view item) {
  auto entry = image();
  entry["$type"] = item;
  entry["aspectRatio"] = {{"width", 1}, {"height", 1}};
  return {{"$type", "app.bsky.embed.gallery"}, {"items", {std::move(entry)}}};
}

[[nodiscard]] boost::json::object video() {
  return {{"$type", "app.bsky.embed.video"}, {"video", blob("video/mp4")}};
}

[[nodiscard]] boost::json::object quote_with(const record_ref& of, boost::json::object media) {
  return {{"$type", "app.bsky.embed.recordWithMedia"},
          {"record", {{"record", ref_to(of)}}},
          {"media", std::move(media)}};
}

/// The rkeys of the posts for which the function holds.
[[nodiscard]] std::string posts_with(index_target& target, const std::string& function) {
  return value(target.connection, "SELECT string_agg(u.rkey, ' ' ORDER BY u.rkey) FROM posts p "
                                  "JOIN uris u ON u.id = p.id WHERE " +
                                      function + "(p.embed)");
}

} // namespace

TEST_CASE("posts with images and posts with a video are told apart") {
  firehose_builder events;
  const auto plain = events.post("alice", "plain");
  const auto embed = [&](std::string_view rkey, boost::json::object what) {
    events.post("alice", rkey, {{"embed", std::move(what)}});
  };
  embed("images", images({image(), image()}));
  embed("no-images", images({}));
  embed("gallery", gallery("app.bsky.embed.gallery#image"));
  embed("unknown-item", gallery("com.example.gallery#image"));
  embed("video", video());
  embed("quote-images", quote_with(plain, images({image()})));
  embed("quote-gallery", quote_with(plain, gallery("app.bsky.embed.gallery#image")));
  embed("quote-video", quote_with(plain, video()));
  auto link = boost::json::object{{"$type", "app.bsky.embed.external"},
                                  {"external",
                                   {{"uri", "https://example.com"},
                                    {"title", ""},
                                    {"description", ""},
                                    {"thumb", blob("image/png")}}}};
  embed("link", link);
  embed("quote-link", quote_with(plain, link));
  embed("quote", {{"$type", "app.bsky.embed.record"}, {"record", ref_to(plain)}});
  // Fields of another type of embed mean nothing.
  link["media"] = video();
  link["images"] = boost::json::array{image()};
  embed("odd-link", link);
  embed("unknown", {{"$type", "com.example.embed"}, {"images", boost::json::array{image()}}});
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.reasons == std::map<std::string, int>{});
  CHECK(posts_with(target, "embeds_images") == "gallery images quote-gallery quote-images");
  CHECK(posts_with(target, "embeds_video") == "quote-video video");
}

TEST_CASE("every stored time is a whole millisecond") {
  firehose_builder events;
  events.microseconds = true;
  const fields odd{{"createdAt", "2026-11-01T00:00:00.123456Z"}};
  const auto post = events.post("alice", "p", odd);
  events.post("alice", "late", {{"createdAt", "2030-01-01T00:00:00.000001Z"}});
  events.post("alice", "zone", {{"createdAt", "2026-11-01T00:00:00.987654321+02:00"}});
  events.like("bob", "l", post, odd);
  events.repost("bob", "r", post);
  events.follow("bob", "f", "alice");
  events.list("bob", "li", odd);
  index_target target;
  target.apply(events.take(), 100);
  CHECK(target.reasons.empty());
  for (const auto* columns :
       {"posts created_at", "posts commit_time", "likes created_at", "likes commit_time",
        "reposts created_at", "reposts commit_time", "follows commit_time", "lists created_at",
        "lists commit_time", "feed_items sort_at", "notifications created_at"}) {
    const std::string text{columns};
    const auto table = text.substr(0, text.find(' '));
    const auto column = text.substr(text.find(' ') + 1);
    INFO(text);
    CHECK(target.count(table) > 0);
    CHECK(target.count(table + " WHERE date_trunc('milliseconds', " + column + ") <> " + column) ==
          0);
  }
  CHECK(value(target.connection,
              "SELECT to_char(created_at AT TIME ZONE 'UTC', 'HH24:MI:SS.US') || ' ' || "
              "to_char(commit_time, 'US') FROM posts p JOIN uris u ON u.id = p.id "
              "WHERE u.rkey = 'zone'") == "22:00:00.987000 000000");
}
