#include "net/link/link_hello.hpp"

#include "core/printable.hpp"
#include "net/tunnel/hello_fields.hpp"

namespace prism::net {

namespace {

constexpr std::uint8_t reply_refused = 0;
constexpr std::uint8_t reply_open = 1;

tl::unexpected<error> malformed() {
  return fail(errc::invalid, "the hello is malformed");
}

link_end reason_named(std::string_view name) {
  for (const auto each : {link_end::redundant, link_end::unknown_peer})
    if (name == to_string(each))
      return each;
  return link_end::refused;
}

} // namespace

std::vector<std::byte> write(const link_hello& hello) {
  hello_writer out;
  out.range(hello.versions);
  out.text(hello.cluster);
  out.text(hello.from);
  out.text(hello.name);
  out.text(hello.to);
  return out.message(link_magic);
}

std::vector<std::byte> write(const link_answer& answer) {
  hello_writer out;
  out.range(answer.versions);
  if (!answer.refusal.empty()) {
    out.number8(reply_refused);
    out.text(to_string(answer.reason));
    out.long_text(answer.refusal);
    return out.message(link_magic);
  }
  out.number8(reply_open);
  out.number16(answer.version);
  out.text(answer.cluster);
  out.text(answer.from);
  out.text(answer.name);
  return out.message(link_magic);
}

expected<link_hello> parse_link_hello(std::span<const std::byte> body, version_range ours) {
  hello_reader input(body);
  link_hello out{.versions = input.range()};
  if (input.good() && !common_version(out.versions, ours))
    return out;
  out.cluster = input.text();
  out.from = input.text();
  out.name = input.text();
  out.to = input.text();
  if (!input.good())
    return malformed();
  return out;
}

expected<link_answer> parse_link_answer(std::span<const std::byte> body) {
  hello_reader input(body);
  link_answer out{.versions = input.range()};
  const auto reply = input.number8();
  if (reply == reply_refused) {
    out.reason = reason_named(input.text());
    out.refusal = printable(input.long_text(), hello_limits::max_reason);
    if (out.refusal.empty())
      return malformed();
  } else if (reply == reply_open) {
    out.version = input.number16();
    out.cluster = input.text();
    out.from = input.text();
    out.name = input.text();
  } else {
    return malformed();
  }
  if (!input.good())
    return malformed();
  return out;
}

} // namespace prism::net
