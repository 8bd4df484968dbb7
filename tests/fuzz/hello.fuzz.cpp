#include "net/tunnel/hello.hpp"

#include "check.hpp"

#include <algorithm>

using namespace prism;
using namespace prism::net;
using fuzz::check;

namespace {

// The body of what was written.
std::span<const std::byte> body_of(const std::vector<std::byte>& message) {
  const auto size = parse_hello_head(std::span{message}.first(hello_limits::head));
  check(size && message.size() == hello_limits::head + *size, "a head tells the size of its body");
  return std::span{message}.subspan(hello_limits::head);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::bytes(data, size);
  const auto announced = parse_hello_head(input.first(std::min(size, hello_limits::head)));
  if (announced)
    check(*announced <= hello_limits::max_body, "bodies are limited");
  const auto body = size > hello_limits::head ? input.subspan(hello_limits::head) : input;
  if (const auto client = parse_client_hello(body)) {
    check(client->versions.min <= client->versions.max, "a range is one");
    const auto again = parse_client_hello(body_of(write(*client)));
    check(again && again->versions == client->versions && again->cluster == client->cluster &&
              again->sender == client->sender,
          "what is read can be written and read");
  }
  if (const auto node = parse_server_hello(body)) {
    const auto again = parse_server_hello(body_of(write(*node)));
    check(again && again->token == node->token && again->role == node->role &&
              again->refusal.empty() == node->refusal.empty(),
          "what is read can be written and read");
  }
  return 0;
}
