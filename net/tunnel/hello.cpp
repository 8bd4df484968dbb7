#include "net/tunnel/hello.hpp"

#include "core/printable.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace prism::net {

namespace {

constexpr std::string_view magic = "PRISMtun";
static_assert(magic.size() + sizeof(std::uint16_t) == hello_limits::head);

constexpr std::uint8_t verdict_refused = 0;
constexpr std::uint8_t verdict_accepted = 1;
constexpr unsigned byte_bits = 8;
constexpr std::size_t token_size = 64;
constexpr std::size_t max_reason = 512;

class writer {
public:
  void number8(std::uint8_t value) { bytes_.push_back(std::byte{value}); }
  void number16(std::uint16_t value) {
    number8(static_cast<std::uint8_t>(value >> byte_bits));
    number8(static_cast<std::uint8_t>(value & 0xFFU));
  }
  void range(version_range value) {
    number16(value.min);
    number16(value.max);
  }
  void text(std::string_view value) {
    value = value.substr(0, hello_limits::max_text);
    number8(static_cast<std::uint8_t>(value.size()));
    raw(value);
  }
  void long_text(std::string_view value) {
    value = value.substr(0, max_reason);
    number16(static_cast<std::uint16_t>(value.size()));
    raw(value);
  }
  [[nodiscard]] std::vector<std::byte> message() const {
    writer head;
    head.raw(magic);
    head.number16(static_cast<std::uint16_t>(bytes_.size()));
    head.bytes_.insert(head.bytes_.end(), bytes_.begin(), bytes_.end());
    return head.bytes_;
  }

private:
  void raw(std::string_view value) {
    const auto bytes = std::as_bytes(std::span{value});
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  std::vector<std::byte> bytes_;
};

/// Reads fields one after the other; after one that is not there, all are empty.
class reader {
public:
  explicit reader(std::span<const std::byte> input) : rest_(input) {}

  std::uint8_t number8() {
    const auto one = take(1);
    return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one.front());
  }
  std::uint16_t number16() {
    const unsigned high = number8();
    const unsigned low = number8();
    return static_cast<std::uint16_t>((high << byte_bits) | low);
  }
  version_range range() {
    const auto min = number16();
    const auto max = number16();
    good_ = good_ && min <= max;
    return {.min = min, .max = max};
  }
  std::string text() {
    const auto size = number8();
    good_ = good_ && size <= hello_limits::max_text;
    return text_of(size);
  }
  std::string long_text() { return text_of(number16()); }
  [[nodiscard]] bool good() const noexcept { return good_; }

private:
  std::span<const std::byte> take(std::size_t count) {
    if (!good_ || rest_.size() < count) {
      good_ = false;
      return {};
    }
    const auto out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
  }
  std::string text_of(std::size_t size) {
    const auto bytes = take(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  std::span<const std::byte> rest_;
  bool good_{true};
};

tl::unexpected<error> malformed() {
  return fail(errc::invalid, "the hello is malformed");
}

bool is_token(std::string_view text) {
  return text.size() == token_size && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool read_accepted(reader& input, server_hello& out) {
  out.version = input.number16();
  out.cluster = input.text();
  out.node_name = input.text();
  out.node_id = input.text();
  const auto role = parse_role(input.text());
  out.token = input.text();
  out.role = role.value_or(certificate_role::viewing);
  return input.good() && role && is_token(out.token);
}

bool read_refused(reader& input, server_hello& out) {
  out.refusal = printable(input.long_text(), max_reason);
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
  writer out;
  out.range(hello.versions);
  out.text(hello.cluster);
  out.text(hello.sender);
  return out.message();
}

std::vector<std::byte> write(const server_hello& hello) {
  writer out;
  out.range(hello.versions);
  if (!hello.refusal.empty()) {
    out.number8(verdict_refused);
    out.long_text(hello.refusal);
    return out.message();
  }
  out.number8(verdict_accepted);
  out.number16(hello.version);
  out.text(hello.cluster);
  out.text(hello.node_name);
  out.text(hello.node_id);
  out.text(to_string(hello.role));
  out.text(hello.token);
  return out.message();
}

expected<std::size_t> parse_hello_head(std::span<const std::byte> head) {
  const auto wanted = std::as_bytes(std::span{magic});
  if (head.size() != hello_limits::head || !std::ranges::equal(head.first(wanted.size()), wanted))
    return fail(errc::invalid, "it does not speak the protocol of the tunnel");
  const std::size_t size = reader(head.subspan(wanted.size())).number16();
  if (size > hello_limits::max_body)
    return fail(errc::limit, "a hello of {} bytes exceeds the limit of {}", size,
                hello_limits::max_body);
  return size;
}

expected<client_hello> parse_client_hello(std::span<const std::byte> body) {
  reader input(body);
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
  reader input(body);
  server_hello out{.versions = input.range()};
  const auto verdict = input.number8();
  const bool good = input.good() && ((verdict == verdict_accepted && read_accepted(input, out)) ||
                                     (verdict == verdict_refused && read_refused(input, out)));
  if (!good)
    return malformed();
  return out;
}

} // namespace prism::net
