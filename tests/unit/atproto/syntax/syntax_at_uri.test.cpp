#include "atproto/syntax/syntax_at_uri.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism::atproto;

TEST_CASE("an AT URI is split into its parts") {
  const std::string text = "at://did:plc:asdf/app.bsky.feed.post/3jzfcijpj2z2a#/a/b";
  const auto uri = at_uri::parse(text);
  REQUIRE(uri);
  CHECK(uri->authority == "did:plc:asdf");
  CHECK(uri->collection == "app.bsky.feed.post");
  CHECK(uri->rkey == "3jzfcijpj2z2a");
  CHECK(uri->fragment == "/a/b");
  CHECK(uri->authority.data() == text.data() + 5);
}

TEST_CASE("the collection and record key of an AT URI may be absent") {
  const auto repo = at_uri::parse("at://a.test");
  REQUIRE(repo);
  CHECK(repo->authority == "a.test");
  CHECK(repo->collection.empty());
  const auto collection = at_uri::parse("at://a.test/com.example.thing");
  REQUIRE(collection);
  CHECK(collection->collection == "com.example.thing");
  CHECK(collection->rkey.empty());
}

TEST_CASE("the error of a bad AT URI names the part") {
  const auto message = [](std::string_view text) {
    const auto uri = at_uri::parse(text);
    return uri ? std::string{"good"} : uri.error().message;
  };
  using Catch::Contains;
  CHECK_THAT(message("not-a-uri"), Contains("scheme"));
  CHECK_THAT(message("at://nobody"), Contains("authority"));
  CHECK_THAT(message("at://a.test/"), Contains("collection"));
  CHECK_THAT(message("at://a.test/x"), Contains("collection"));
  CHECK_THAT(message("at://a.test/com.example.thing/"), Contains("record key"));
  CHECK_THAT(message("at://a.test/com.example.thing/a/b"), Contains("record key"));
  CHECK_THAT(message("at://a.test/com.example.thing/a?b=c"), Contains("record key"));
  CHECK_THAT(message("at://a.test#a"), Contains("fragment"));
}

TEST_CASE("the percent-encoding in a fragment must be UTF-8") {
  CHECK(is_valid_at_uri("at://a.test#/%C3%A9"));
  CHECK_FALSE(is_valid_at_uri("at://a.test#/%C3a"));
  CHECK_FALSE(is_valid_at_uri("at://a.test#/%FF"));
  CHECK_FALSE(is_valid_at_uri("at://a.test#/%C3%A"));
  CHECK_FALSE(is_valid_at_uri("at://a.test#/%zz"));
}

TEST_CASE("an AT URI may have 8192 bytes and not one more") {
  const std::string head = "at://a.test#/";
  const auto longest = head + std::string(at_uri::max_size - head.size(), 'a');
  CHECK(is_valid_at_uri(longest));
  CHECK_FALSE(is_valid_at_uri(longest + 'a'));
  CHECK(at_uri::parse(longest + 'a').error().code == prism::errc::limit);
  std::string encoded = head;
  while (encoded.size() + 3 <= at_uri::max_size)
    encoded += "%41";
  CHECK(is_valid_at_uri(encoded));
}
