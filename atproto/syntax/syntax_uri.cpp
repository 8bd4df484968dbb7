#include "atproto/syntax/syntax.hpp"

#include "atproto/syntax/syntax_chars.hpp"

#include <array>

namespace prism::atproto {
namespace {

// Beyond ASCII, in UTF-8: what ECMAScript calls white space and line terminators (section 12.2).
constexpr std::array<std::string_view, 19> wide_spaces{
    "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004",
    "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200A", "\u2028",
    "\u2029", "\u202F", "\u205F", "\u3000", "\uFEFF"};

bool starts_with_space(std::string_view text) noexcept {
  const char c = text.front();
  if (c == ' ' || (c >= '\t' && c <= '\r'))
    return true;
  // A continuation byte cannot begin a character, so this never looks into the middle of one.
  return static_cast<unsigned char>(c) >= 0xC0 &&
         std::ranges::any_of(wide_spaces,
                             [text](std::string_view space) { return text.starts_with(space); });
}

} // namespace

bool is_valid_uri(std::string_view text) noexcept {
  bool last = false;
  auto rest = text;
  const auto scheme = detail::cut(rest, ':', last);
  if (scheme.empty() || last ||
      !detail::all_of(scheme, [](char c) { return detail::is_alnum(c) || c == '_'; }))
    return false;
  if (rest.starts_with("//"))
    rest.remove_prefix(2);
  if (rest.empty() || rest.front() == '/')
    return false;
  for (; !rest.empty(); rest.remove_prefix(1))
    if (starts_with_space(rest))
      return false;
  return true;
}

} // namespace prism::atproto
