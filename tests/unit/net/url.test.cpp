#include "net/url.hpp"
#include "net/listen_address.hpp"

#include <catch2/catch.hpp>

using namespace prism::net;

TEST_CASE("a relay URL gets the subscribe path where it has none") {
  const auto bare = parse_ws_url("wss://bsky.network");
  REQUIRE(bare);
  CHECK(bare->tls);
  CHECK(bare->host == "bsky.network");
  CHECK(bare->port == 443);
  CHECK(bare->target == "/xrpc/com.atproto.sync.subscribeRepos");
  CHECK(parse_ws_url("ws://h/")->target == "/xrpc/com.atproto.sync.subscribeRepos");
  CHECK(parse_ws_url("ws://h")->port == 80);
}

TEST_CASE("a relay URL keeps its own port, path and query") {
  const auto url = parse_ws_url("ws://127.0.0.1:2583/some/path?a=b%20c");
  REQUIRE(url);
  CHECK_FALSE(url->tls);
  CHECK(url->port == 2583);
  CHECK(url->target == "/some/path?a=b%20c");
}

TEST_CASE("the cursor is added to the target, also 0, and also behind another query") {
  const auto url = parse_ws_url("ws://h/p");
  CHECK(subscribe_target(*url, std::nullopt) == "/p");
  CHECK(subscribe_target(*url, 0) == "/p?cursor=0");
  CHECK(subscribe_target(*parse_ws_url("ws://h/p?x=1"), 12) == "/p?x=1&cursor=12");
}

TEST_CASE("the Host header names the port where it is not the scheme's own") {
  CHECK(host_header(*parse_ws_url("ws://h")) == "h");
  CHECK(host_header(*parse_ws_url("wss://h:443")) == "h");
  CHECK(host_header(*parse_ws_url("wss://h:80")) == "h:80");
  CHECK(host_header(*parse_ws_url("ws://[::1]:2583")) == "[::1]:2583");
}

TEST_CASE("an IPv6 address loses its brackets as a host") {
  CHECK(parse_ws_url("ws://[::1]:2583")->host == "::1");
}

TEST_CASE("what is no relay URL is refused with the reason") {
  const auto refusal = [](std::string_view text) {
    const auto url = parse_ws_url(text);
    return url ? std::string("accepted") : url.error().message;
  };
  CHECK_THAT(refusal("https://h"), Catch::Contains("scheme is 'https'"));
  CHECK_THAT(refusal("bsky.network"), Catch::Contains("not a URL"));
  CHECK_THAT(refusal(""), Catch::Contains("not a URL"));
  CHECK_THAT(refusal("ws://"), Catch::Contains("no host"));
  CHECK_THAT(refusal("ws://h:0"), Catch::Contains("port is '0'"));
  CHECK_THAT(refusal("ws://h:65536"), Catch::Contains("port"));
  CHECK_THAT(refusal("ws://user:secret@h"), Catch::Contains("password"));
  CHECK_THAT(refusal("ws://user:secret@h"), !Catch::Contains("secret"));
  CHECK_THAT(refusal("ws://h/#f"), Catch::Contains("fragment"));
}

TEST_CASE("a listen address is read and written") {
  CHECK(to_string(*parse_listen_address("127.0.0.1:9464")) == "127.0.0.1:9464");
  CHECK(to_string(*parse_listen_address("[::1]:0")) == "[::1]:0");
  CHECK(parse_listen_address("[::]:65535")->address == "::");
}

TEST_CASE("what is no listen address is refused by name") {
  for (const auto* text : {"", "9464", ":9464", "localhost:1", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "127.0.0.1:1x", "::1:80", "[127.0.0.1]:80"}) {
    INFO(text);
    const auto address = parse_listen_address(text);
    REQUIRE_FALSE(address);
    CHECK_THAT(address.error().message, Catch::Contains("'" + std::string(text) + "'"));
  }
}
