#pragma once

#include <algorithm>
#include <string_view>

/// ASCII character classes of the identifier grammars. The functions of <cctype> depend on the
/// locale, and none of these grammars does.
namespace prism::atproto::detail {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

[[nodiscard]] constexpr bool is_alnum(char c) noexcept {
  return is_alpha(c) || is_digit(c);
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The value of a hexadecimal digit, or -1.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (is_digit(c))
    return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

[[nodiscard]] constexpr bool all_of(std::string_view text, bool (*is)(char)) noexcept {
  return std::ranges::all_of(text, is);
}

/// A label of a domain name (RFC 1035 as handles and NSIDs use it): 1 to 63 letters, digits and
/// hyphens, no hyphen at either end.
[[nodiscard]] constexpr bool is_domain_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         all_of(label, [](char c) { return is_alnum(c) || c == '-'; });
}

/// Cuts the part before the first `separator` off `rest` and returns it. `rest` becomes empty, and
/// `last` true, when there is no separator left.
[[nodiscard]] constexpr std::string_view cut(std::string_view& rest, char separator,
                                             bool& last) noexcept {
  const auto at = rest.find(separator);
  last = at == std::string_view::npos;
  const auto part = rest.substr(0, at);
  rest.remove_prefix(last ? rest.size() : at + 1);
  return part;
}

} // namespace prism::atproto::detail
