#include "config/checks.hpp"

#include "core/crash_point.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace prism::config {

namespace {

bool has_scheme(std::string_view text, std::string_view scheme) noexcept {
  return text.size() > scheme.size() && text.substr(0, scheme.size()) == scheme &&
         text.find_first_of(" \t\r\n") == std::string_view::npos;
}

} // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stopped != end)
    return std::nullopt;
  return value;
}

bool is_websocket_url(std::string_view text) noexcept {
  return has_scheme(text, "ws://") || has_scheme(text, "wss://");
}

bool is_http_url(std::string_view text) noexcept {
  return has_scheme(text, "http://") || has_scheme(text, "https://");
}

bool is_http_url_or_empty(std::string_view text) noexcept {
  return text.empty() || is_http_url(text);
}

bool is_short_text(std::string_view text) noexcept {
  constexpr std::size_t longest = 100;
  return text.size() <= longest && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

bool is_listen_address(std::string_view text) noexcept {
  if (text.empty())
    return true;
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return false;
  const auto port = parse_number(text.substr(colon + 1));
  return port && *port <= std::numeric_limits<std::uint16_t>::max();
}

bool is_crash_point(std::string_view text) noexcept {
  return parse_crash_point(text).has_value();
}

} // namespace prism::config
