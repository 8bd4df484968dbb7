#include "net/tunnel/hello.hpp"

#include "core/printable.hpp"
#include "net/tunnel/hello_fields.hpp"

#include <algorithm>
#include <string_view>

namespace prism::net {

namespace {

constexpr std::uint8_t reply_refused = 0;
constexpr std::uint8_t reply_accepted = 1;
constexpr std::size_t token_size = 64;

tl::unexpected<error> malformed() {
  return fail(errc::invalid, "the hello is malformed");
}

bool is_token(std::string_view text) {
  return text.size() == token_size && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool read_accepted(hello_reader& input, server_hello& out) {
  out.version = input.number16();
  out.cluster = input.text();
  out.node_name = input.text();
  out.node_id = input.text();
  const auto role = parse_role(input.text());
  out.token = input.text();
  out.role = role.value_or(certificate_role::viewing);
  return input.good() && role && is_token(out.token);
}

bool read_refused(hello_reader& input, server_hello& out) {
  out.refusal = printable(input.long_text(), hello_limits::max_reason);
  return input.good() && !out.refusal.empty();
}

} // namespace

std::optional<std::uint16_t> common_version(version_range a, version_range b) noexcept {
  const auto newest = std::min(a.max, b.max);
  if (newest < std::max(a.min, b.min))
    return std::nullopt;
  return newest;
}

std::string to_string(version_range range) {
  return range.min == range.max ? fmt::format("{}", range.min)
                                : fmt::format("{} to {}", range.min, range.max);
}

std::vector<std::byte> write(const client_hello& hello) {
  hello_writer out;
  out.range(hello.versions);
  out.text(hello.cluster);
  out.text(hello.sender);
  return out.message(tunnel_magic);
}

std::vector<std::byte> write(const server_hello& hello) {
  hello_writer out;
  out.range(hello.versions);
  if (!hello.refusal.empty()) {
    out.number8(reply_refused);
    out.long_text(hello.refusal);
    return out.message(tunnel_magic);
  }
  out.number8(reply_accepted);
  out.number16(hello.version);
  out.text(hello.cluster);
  out.text(hello.node_name);
  out.text(hello.node_id);
  out.text(to_string(hello.role));
  out.text(hello.token);
  return out.message(tunnel_magic);
}

expected<std::size_t> parse_hello_head(std::span<const std::byte> head, std::string_view magic) {
  const auto wanted = std::as_bytes(std::span{magic});
  if (head.size() != hello_limits::head || wanted.size() != hello_limits::magic ||
      !std::ranges::equal(head.first(wanted.size()), wanted))
    return fail(errc::invalid, "it does not speak the protocol of {}",
                magic == tunnel_magic ? "the tunnel" : "links");
  const std::size_t size = hello_reader(head.subspan(wanted.size())).number16();
  if (size > hello_limits::max_body)
    return fail(errc::limit, "a hello of {} bytes exceeds the limit of {}", size,
                hello_limits::max_body);
  return size;
}

expected<client_hello> parse_client_hello(std::span<const std::byte> body) {
  hello_reader input(body);
  client_hello out{.versions = input.range()};
  if (input.good() && !common_version(out.versions, tunnel_versions))
    return out;
  out.cluster = input.text();
  out.sender = input.text();
  if (!input.good())
    return malformed();
  return out;
}

expected<server_hello> parse_server_hello(std::span<const std::byte> body) {
  hello_reader input(body);
  server_hello out{.versions = input.range()};
  const auto reply = input.number8();
  const bool good = input.good() && ((reply == reply_accepted && read_accepted(input, out)) ||
                                     (reply == reply_refused && read_refused(input, out)));
  if (!good)
    return malformed();
  return out;
}

} // namespace prism::net
