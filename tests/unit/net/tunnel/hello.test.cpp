#include "net/tunnel/hello.hpp"

#include "net/tunnel/handshake_places.hpp"
#include "net/tunnel/token.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace prism;
using namespace prism::net;

namespace {

std::span<const std::byte> body_of(const std::vector<std::byte>& message) {
  const auto size = parse_hello_head(std::span{message}.first(hello_limits::head));
  REQUIRE(size);
  REQUIRE(message.size() == hello_limits::head + *size);
  return std::span{message}.subspan(hello_limits::head);
}

} // namespace

TEST_CASE("a client's hello is read as it was written", "[tunnel]") {
  const auto message = write(
      client_hello{.versions = {.min = 1, .max = 9}, .cluster = "lab", .sender = "prismctl 1"});
  const auto read = parse_client_hello(body_of(message));
  REQUIRE(read);
  CHECK(read->versions == version_range{.min = 1, .max = 9});
  CHECK(read->cluster == "lab");
  CHECK(read->sender == "prismctl 1");
}

TEST_CASE("a node's hello is read as it was written", "[tunnel]") {
  const auto token = make_token();
  REQUIRE(token);
  CHECK(token->size() == 64);
  CHECK(*make_token() != *token);
  const auto accepted =
      parse_server_hello(body_of(write(server_hello{.cluster = "lab",
                                                    .node_name = "n1",
                                                    .node_id = "7",
                                                    .role = certificate_role::operating,
                                                    .token = *token})));
  REQUIRE(accepted);
  CHECK(accepted->refusal.empty());
  CHECK(accepted->cluster == "lab");
  CHECK(accepted->node_name == "n1");
  CHECK(accepted->node_id == "7");
  CHECK(accepted->role == certificate_role::operating);
  CHECK(accepted->token == *token);
  const auto refused = parse_server_hello(body_of(write(server_hello{.refusal = "no\nroom"})));
  REQUIRE(refused);
  CHECK(refused->refusal == "no\\x0aroom");
}

TEST_CASE("texts that are too long are cut, so that a hello never exceeds its limit", "[tunnel]") {
  const std::string text(5000, 'a');
  const auto longest =
      write(server_hello{.cluster = text, .node_name = text, .node_id = text, .token = text});
  CHECK(longest.size() <= hello_limits::head + hello_limits::max_body);
  CHECK(write(server_hello{.refusal = text}).size() <= hello_limits::head + hello_limits::max_body);
}

TEST_CASE("a text that is longer than any is written is malformed", "[tunnel]") {
  const auto body_with = [](std::size_t size) {
    std::vector<std::byte> body{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{1},
                                static_cast<std::byte>(size)};
    body.resize(body.size() + size, std::byte{'a'});
    body.push_back(std::byte{0}); // no sender
    return body;
  };
  CHECK(parse_client_hello(body_with(hello_limits::max_text)));
  CHECK_FALSE(parse_client_hello(body_with(hello_limits::max_text + 1)));
}

TEST_CASE("every hello that is cut short is refused", "[tunnel]") {
  const auto client = write(client_hello{.cluster = "lab", .sender = "x"});
  const auto node = write(server_hello{.cluster = "lab", .token = std::string(64, 'a')});
  const auto refusal = write(server_hello{.refusal = "no"});
  for (const auto* const message : {&client, &node, &refusal})
    for (std::size_t size = hello_limits::head; size < message->size(); ++size) {
      const auto part = std::span{*message}.first(size).subspan(hello_limits::head);
      CHECK_FALSE((message == &client ? parse_client_hello(part).has_value()
                                      : parse_server_hello(part).has_value()));
    }
}

TEST_CASE("of a version that is not ours only the numbers are read", "[tunnel]") {
  const std::array<std::byte, 5> newer{std::byte{0}, std::byte{2}, std::byte{0}, std::byte{3},
                                       std::byte{255}};
  const auto read = parse_client_hello(newer);
  REQUIRE(read);
  CHECK(read->versions == version_range{.min = 2, .max = 3});
  CHECK(read->cluster.empty());
  CHECK_FALSE(common_version({.min = 2, .max = 3}, {.min = 4, .max = 5}));
  CHECK(common_version({.min = 2, .max = 4}, {.min = 3, .max = 5}) == 4);
  CHECK(to_string(version_range{.min = 1, .max = 3}) == "1 to 3");
}

TEST_CASE("a newer handshake takes the place of the oldest of the busiest", "[tunnel]") {
  handshake_places<std::string> places(4, 3);
  CHECK_FALSE(places.enter(1, "a"));
  CHECK_FALSE(places.enter(2, "b"));
  CHECK_FALSE(places.enter(3, "b"));
  CHECK_FALSE(places.enter(4, "b"));
  CHECK(places.enter(5, "b") == 2); // three of one origin
  CHECK(places.enter(6, "c") == 3); // all places taken: of the origin with the most
  CHECK(places.of("a") == 1);
  CHECK(places.of("b") == 2);
  places.leave(1);
  places.leave(1);
  CHECK(places.size() == 3);
  CHECK_FALSE(places.enter(7, "a"));
}
