#include "net/listen_address.hpp"

#include <catch2/catch.hpp>

using namespace prism::net;

TEST_CASE("a listen address is parsed and formatted") {
  CHECK(to_string(*parse_listen_address("127.0.0.1:9464")) == "127.0.0.1:9464");
  CHECK(to_string(*parse_listen_address("[::1]:0")) == "[::1]:0");
  CHECK(parse_listen_address("[::]:65535")->address == "::");
}

TEST_CASE("an invalid listen address is rejected with its text") {
  for (const auto* text : {"", "9464", ":9464", "localhost:1", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "127.0.0.1:1x", "::1:80", "[127.0.0.1]:80"}) {
    INFO(text);
    const auto address = parse_listen_address(text);
    REQUIRE_FALSE(address);
    CHECK_THAT(address.error().message, Catch::Contains("'" + std::string(text) + "'"));
  }
}
