#include "atproto/syntax/syntax.hpp"

#include "atproto/syntax/syntax_chars.hpp"

namespace prism::atproto {

bool is_valid_handle(std::string_view text) noexcept {
  constexpr std::size_t max_size = 253;
  if (text.size() > max_size)
    return false;
  std::size_t labels = 0;
  bool last = false;
  while (!last) {
    const auto label = detail::cut(text, '.', last);
    if (!detail::is_domain_label(label) || (last && !detail::is_alpha(label.front())))
      return false;
    ++labels;
  }
  return labels >= 2;
}

bool is_valid_at_identifier(std::string_view text) noexcept {
  return text.starts_with("did:") ? is_valid_did(text) : is_valid_handle(text);
}

} // namespace prism::atproto
