#include "net/grpc/grpc_headers.hpp"

#include <algorithm>
#include <cstdint>

namespace prism::net {

namespace {

constexpr std::size_t max_digits = 8;
constexpr std::chrono::nanoseconds longest = std::chrono::hours{24 * 365};

[[nodiscard]] std::chrono::nanoseconds unit_of(char letter) {
  using namespace std::chrono_literals;
  switch (letter) {
  case 'H':
    return 1h;
  case 'M':
    return 1min;
  case 'S':
    return 1s;
  case 'm':
    return 1ms;
  case 'u':
    return 1us;
  case 'n':
    return 1ns;
  default:
    return 0ns;
  }
}

} // namespace

std::optional<std::chrono::nanoseconds> parse_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > max_digits + 1)
    return std::nullopt;
  const auto unit = unit_of(text.back());
  std::int64_t count = 0;
  for (const char each : text.substr(0, text.size() - 1)) {
    if (each < '0' || each > '9')
      return std::nullopt;
    count = count * 10 + (each - '0');
  }
  if (unit == std::chrono::nanoseconds::zero())
    return std::nullopt;
  return count > longest / unit ? longest : unit * count;
}

bool is_grpc_content_type(std::string_view text) {
  constexpr std::string_view plain = "application/grpc";
  constexpr std::string_view with_codec = "+proto";
  if (!text.starts_with(plain))
    return false;
  text.remove_prefix(plain.size());
  if (text.starts_with(with_codec))
    text.remove_prefix(with_codec.size());
  return text.empty() || text.front() == ';' || text.front() == ' ';
}

std::string encode_grpc_text(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char each : text.substr(0, max_grpc_text)) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte >= 0x20 && byte <= 0x7e && each != '%') {
      out.push_back(each);
    } else {
      out.push_back('%');
      out.push_back(hex[byte >> 4U]);
      out.push_back(hex[byte & 0xfU]);
    }
  }
  return out;
}

} // namespace prism::net
