#include "config/render.hpp"

#include <cctype>

namespace prism::config {

namespace {

constexpr std::string_view mask = "***";
constexpr std::string_view key = "password";

bool is_word(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Masks the password between "user:" and the last "@". The last one, because the tail of a password
// with an unescaped @ must not be shown.
void mask_user_part(std::string& text) {
  const auto scheme = text.find("://");
  if (scheme == std::string::npos)
    return;
  const auto begin = scheme + 3;
  const auto at = text.rfind('@');
  if (at == std::string::npos || at < begin)
    return;
  const auto colon = text.find(':', begin);
  if (colon < at)
    text.replace(colon + 1, at - colon - 1, mask);
}

// The end of the libpq value that begins at `from`: after the closing quote if it is quoted, else
// at the next space, or at the next & of a URL query.
std::size_t value_end(std::string_view text, std::size_t from) {
  const bool in_quotes = from < text.size() && text[from] == '\'';
  for (auto i = from + (in_quotes ? 1 : 0); i < text.size(); ++i)
    if (text[i] == '\\')
      ++i;
    else if (in_quotes && text[i] == '\'')
      return i + 1;
    else if (!in_quotes && (text[i] == '&' || std::isspace(static_cast<unsigned char>(text[i]))))
      return i;
  return text.size();
}

// Masks the value of each `password = value`, and of keys that end with it, such as sslpassword.
void mask_pairs(std::string& text) {
  for (auto found = text.find(key); found != std::string::npos; found = text.find(key, found)) {
    found += key.size();
    auto equals = found;
    while (equals < text.size() && std::isspace(static_cast<unsigned char>(text[equals])) != 0)
      ++equals;
    if (equals >= text.size() || text[equals] != '=' ||
        (found < text.size() && is_word(text[found])))
      continue;
    auto begin = equals + 1;
    while (begin < text.size() && std::isspace(static_cast<unsigned char>(text[begin])) != 0)
      ++begin;
    text.replace(begin, value_end(text, begin) - begin, mask);
    found = begin;
  }
}

} // namespace

std::string mask_passwords(std::string_view text) {
  std::string masked(text);
  mask_user_part(masked);
  mask_pairs(masked);
  return masked;
}

} // namespace prism::config
