#include "net/endpoint_url.hpp"

#include <catch2/catch.hpp>

using namespace prism;
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

TEST_CASE("a text that is not a relay URL is rejected with the reason") {
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

TEST_CASE("an http URL is split into its parts") {
  const auto url = parse_http_url("HTTPS://Example.COM/a%20b?q=1#part");
  REQUIRE(url);
  CHECK(url->tls);
  CHECK(url->host == "example.com");
  CHECK(url->port == 443);
  CHECK(url->target == "/a%20b?q=1");
  CHECK(host_header(*url) == "example.com");
  CHECK(to_string(*url) == "https://example.com/a%20b");
  const auto local = parse_http_url("http://[::1]:8080");
  REQUIRE(local);
  CHECK_FALSE(local->tls);
  CHECK(local->host == "::1");
  CHECK(local->target == "/");
  CHECK(host_header(*local) == "[::1]:8080");
}

TEST_CASE("a text that is not an http URL is rejected") {
  for (const char* each : {"", "example.com", "ftp://example.com/", "https://", "https://a:0/",
                           "https://a:65536/", "https://user@a/", "https://u:p@a/", "https://a b/",
                           "https://a/\r\nHost: b", "file:///etc/passwd"}) {
    INFO(each);
    const auto url = parse_http_url(each);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == errc::invalid);
  }
}

TEST_CASE("a redirect may be relative but not lead from https to http") {
  const auto base = parse_http_url("https://a.example/x/y?q=1");
  REQUIRE(base);
  const auto to = [&](std::string_view location) {
    const auto url = follow_location(*base, location);
    return url ? to_string(*url) : "refused";
  };
  CHECK(to("/z") == "https://a.example/z");
  CHECK(to("z") == "https://a.example/x/z");
  CHECK(to("//b.example/z") == "https://b.example/z");
  CHECK(to("https://b.example:444/z") == "https://b.example:444/z");
  CHECK(to("http://a.example/z") == "refused");
  CHECK(to("file:///etc/passwd") == "refused");
  CHECK(to("https://user@b.example/") == "refused");
  CHECK(to("not a url") == "refused");
}

TEST_CASE("a relative redirect is resolved as RFC 3986 says") {
  const auto base = parse_http_url("http://[::1]:8080/x/y?q=1");
  REQUIRE(base);
  const auto target = [&](std::string_view location) {
    const auto url = follow_location(*base, location);
    return url ? url->target : url.error().message;
  };
  CHECK(target("?q=2") == "/x/y?q=2");
  CHECK(target("../z?q=3#part") == "/z?q=3");
  CHECK(target("/z%20") == "/z%20");
  CHECK(follow_location(*base, "z")->host == "::1");
  CHECK(follow_location(*base, "z")->port == 8080);
}
