#include "atproto/identity/identity_text.hpp"

#include "atproto/text/utf8.hpp"

#include <array>
#include <optional>

namespace prism::atproto {
namespace {

constexpr std::array<std::string_view, 25> white_space{" ",
                                                       "\t",
                                                       "\n",
                                                       "\v",
                                                       "\f",
                                                       "\r",
                                                       "\xC2\xA0",
                                                       "\xE1\x9A\x80",
                                                       "\xE2\x80\x80",
                                                       "\xE2\x80\x81",
                                                       "\xE2\x80\x82",
                                                       "\xE2\x80\x83",
                                                       "\xE2\x80\x84",
                                                       "\xE2\x80\x85",
                                                       "\xE2\x80\x86",
                                                       "\xE2\x80\x87",
                                                       "\xE2\x80\x88",
                                                       "\xE2\x80\x89",
                                                       "\xE2\x80\x8A",
                                                       "\xE2\x80\xA8",
                                                       "\xE2\x80\xA9",
                                                       "\xE2\x80\xAF",
                                                       "\xE2\x81\x9F",
                                                       "\xE3\x80\x80",
                                                       byte_order_mark};

// The value of the escape \\uXXXX at `offset`, if there is one.
std::optional<unsigned> escaped_unit(std::string_view json, std::size_t offset) noexcept {
  if (json.substr(offset, 2) != "\\u" || json.size() - offset < 6)
    return std::nullopt;
  unsigned value = 0;
  for (const char c : json.substr(offset + 2, 4)) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto digit = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (digit == std::string_view::npos)
      return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return value;
}

// Escapes are passed in whole, so that the backslash of one does not begin another.
void replace_lone_surrogates(std::string& json) {
  const auto is_high = [](unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; };
  const auto is_low = [](unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
  for (std::size_t i = json.find('\\'); i != std::string::npos; i = json.find('\\', i)) {
    const auto unit = escaped_unit(json, i);
    if (!unit) {
      i += 2;
      continue;
    }
    const auto next = is_high(*unit) ? escaped_unit(json, i + 6) : std::nullopt;
    if (next && is_low(*next)) {
      i += 12;
      continue;
    }
    if (is_high(*unit) || is_low(*unit))
      json.replace(i + 2, 4, "fffd");
    i += 6;
  }
}

} // namespace

std::string readable_json(std::string_view text) {
  for (int i = 0; i < 2 && text.starts_with(byte_order_mark); ++i)
    text.remove_prefix(byte_order_mark.size());
  auto json = is_utf8(text) ? std::string{text} : with_replacements(text);
  replace_lone_surrogates(json);
  return json;
}

std::string_view trimmed(std::string_view text) noexcept {
  for (bool again = true; again;) {
    again = false;
    for (const auto white : white_space) {
      if (text.starts_with(white)) {
        text.remove_prefix(white.size());
        again = true;
      } else if (text.ends_with(white)) {
        text.remove_suffix(white.size());
        again = true;
      }
    }
  }
  return text;
}

} // namespace prism::atproto
