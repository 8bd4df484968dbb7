#include "net/link/link_framing.hpp"
#include "net/link/link_hello.hpp"

#include "check.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

using namespace prism;
using namespace prism::net;
using fuzz::check;

namespace {

constexpr version_range ours{.min = 1, .max = 3};

// The body of what was written.
std::span<const std::byte> body_of(const std::vector<std::byte>& message) {
  const auto size = parse_hello_head(std::span{message}.first(hello_limits::head), link_magic);
  check(size && message.size() == hello_limits::head + *size, "a head tells the size of its body");
  return std::span{message}.subspan(hello_limits::head);
}

void try_hello(std::span<const std::byte> body) {
  if (const auto hello = parse_link_hello(body, ours)) {
    check(hello->versions.min <= hello->versions.max, "a range is one");
    const auto again = parse_link_hello(body_of(write(*hello)), ours);
    check(again && again->versions == hello->versions && again->cluster == hello->cluster &&
              again->from == hello->from && again->name == hello->name && again->to == hello->to,
          "what is read can be written and read");
  }
  if (const auto answer = parse_link_answer(body)) {
    const auto again = parse_link_answer(body_of(write(*answer)));
    check(again && again->refusal.empty() == answer->refusal.empty() &&
              again->reason == answer->reason && again->version == answer->version &&
              again->from == answer->from,
          "what is read can be written and read");
  }
}

// What a reader finds in bytes that come in pieces of a size.
std::string found_in(std::span<const std::byte> input, std::size_t piece) {
  link_reader reader;
  std::string out;
  while (!input.empty()) {
    const auto space = reader.space();
    check(!space.empty(), "there is always space");
    check(space.size() <= std::size_t{64} * 1024 + input.size() + out.size(),
          "memory is not taken before bytes come");
    const auto part = input.first(std::min({input.size(), piece, space.size()}));
    std::ranges::copy(part, space.begin());
    reader.filled(part.size());
    input = input.subspan(part.size());
    while (true) {
      const auto next = reader.next();
      if (!next)
        return out + "malformed";
      if (!*next)
        break;
      const auto payload = (*next)->payload;
      out += boost::json::serialize((*next)->head);
      out.append(reinterpret_cast<const char*>(payload.data()), payload.size());
      const link_message message{.head = (*next)->head,
                                 .payload = {std::make_shared<const std::vector<std::byte>>(
                                     payload.begin(), payload.end())}};
      const auto head = encode_link_head(message);
      // What comes may be written shorter than we write it: 1e1 is 10.0, say.
      check(head || boost::json::serialize(message.head).size() > link_limits::max_head,
            "what is read can be written");
    }
  }
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::bytes(data, size);
  const auto announced =
      parse_hello_head(input.first(std::min(size, hello_limits::head)), link_magic);
  if (announced)
    check(*announced <= hello_limits::max_body, "bodies are limited");
  try_hello(size > hello_limits::head ? input.subspan(hello_limits::head) : input);
  const auto whole = found_in(input, size + 1);
  check(found_in(input, 1) == whole, "pieces do not matter");
  check(found_in(input, 7) == whole, "pieces do not matter");
  return 0;
}
