#include "db/batch/refs.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

using namespace prism::db;
using prism::atproto::collection;

TEST_CASE("an at-uri is split into repo, collection and record key") {
  const auto parts = split_uri("at://did:plc:abc/app.bsky.feed.post/3k");
  CHECK(parts.did == "did:plc:abc");
  CHECK(parts.kind == collection::post);
  CHECK(parts.rkey == "3k");
}

TEST_CASE("a uri of an unknown collection keeps the collection in its record key") {
  const auto parts = split_uri("at://did:plc:abc/com.example.note/3k");
  CHECK(parts.did == "did:plc:abc");
  CHECK(parts.kind == collection::other);
  CHECK(parts.rkey == "com.example.note/3k");
}

TEST_CASE("a path that is not collection and record key is kept as the record key") {
  for (const std::string_view path :
       {"", "app.bsky.feed.post", "app.bsky.feed.post/", "app.bsky.feed.post/3k/x"}) {
    INFO(path);
    const auto text = "at://did:plc:abc/" + std::string{path};
    const auto parts = split_uri(text);
    CHECK(parts.did == "did:plc:abc");
    CHECK(parts.kind == collection::other);
    CHECK(parts.rkey == path);
  }
}

TEST_CASE("a text that is not an at-uri with a DID is kept as a whole") {
  for (const std::string_view text :
       {"", "at://", "https://example.com/a/b", "at://handle.example/app.bsky.feed.post/3k",
        "at://did:plc:abc"}) {
    INFO(text);
    const auto parts = split_uri(text);
    CHECK(parts.did.empty());
    CHECK(parts.kind == collection::other);
    CHECK(parts.rkey == text);
  }
}

TEST_CASE("every text is restored from its parts byte for byte") {
  for (const std::string_view text :
       {"at://did:plc:abc/app.bsky.feed.post/3k", "at://did:plc:abc/app.bsky.feed.post/",
        "at://did:plc:abc/app.bsky.feed.post", "at://did:plc:abc/app.bsky.feed.post/3k/x",
        "at://did:plc:abc/", "at://did:plc:abc/app.bsky.feed.post/3k#fragment", "at://did:plc:abc",
        "AT://did:plc:abc/app.bsky.feed.post/3k", "", "a/b"}) {
    const auto parts = split_uri(text);
    CHECK(uri_text(parts.did, parts.kind, parts.rkey) == text);
  }
}

TEST_CASE("each DID and uri is in the tables once") {
  ref_tables refs;
  const auto uri = refs.uri("at://did:plc:abc/app.bsky.feed.post/3k");
  CHECK(refs.uri("at://did:plc:abc/app.bsky.feed.post/3k") == uri);
  CHECK(refs.path(refs.did("did:plc:abc"), collection::post, "3k") == uri);
  CHECK(refs.uri("at://did:plc:abc/app.bsky.feed.like/3k") != uri);
  CHECK(refs.uri("no uri") != uri);
  CHECK(refs.dids() == std::vector<std::string>{"did:plc:abc"});
  REQUIRE(refs.uris().size() == 3);
  CHECK(refs.uris()[uri].repo == 0);
  CHECK(refs.uris()[uri].kind == collection::post);
  CHECK(refs.uris()[uri].rkey == "3k");
  CHECK(refs.uris()[2].repo == no_ref);
  CHECK(refs.uris()[2].rkey == "no uri");
}
