#include "atproto/syntax/syntax.hpp"

#include "atproto/syntax/syntax_chars.hpp"

namespace prism::atproto {

bool is_valid_nsid(std::string_view text) noexcept {
  constexpr std::size_t max_size = 253 + 1 + 63;
  if (text.empty() || text.size() > max_size || detail::is_digit(text.front()))
    return false;
  std::size_t segments = 0;
  bool last = false;
  while (!last) {
    const auto segment = detail::cut(text, '.', last);
    if (!detail::is_domain_label(segment))
      return false;
    if (last && (detail::is_digit(segment.front()) || segment.find('-') != std::string_view::npos))
      return false;
    ++segments;
  }
  return segments >= 3;
}

} // namespace prism::atproto
