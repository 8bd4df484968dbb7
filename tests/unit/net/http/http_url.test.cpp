#include "net/http/http_url.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::net;

TEST_CASE("An http URL is taken apart") {
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

TEST_CASE("What is not an http URL is refused") {
  for (const char* each : {"", "example.com", "ftp://example.com/", "https://", "https://a:0/",
                           "https://a:65536/", "https://user@a/", "https://u:p@a/", "https://a b/",
                           "https://a/\r\nHost: b", "file:///etc/passwd"}) {
    INFO(each);
    const auto url = parse_http_url(each);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == errc::invalid);
  }
}

TEST_CASE("A redirect may be relative, but never leads from https to http") {
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
