#include "atproto/syntax/syntax.hpp"

#include "atproto/syntax/syntax_chars.hpp"

namespace prism::atproto {

bool is_valid_did(std::string_view text) noexcept {
  constexpr std::string_view scheme = "did:";
  if (text.size() > max_did_bytes || !text.starts_with(scheme))
    return false;
  bool last = false;
  auto identifier = text.substr(scheme.size());
  const auto method = detail::cut(identifier, ':', last);
  return !method.empty() && detail::all_of(method, detail::is_lower) && !identifier.empty() &&
         identifier.back() != ':' && identifier.back() != '%' &&
         detail::all_of(identifier, [](char c) {
           return detail::is_alnum(c) || c == '.' || c == '_' || c == ':' || c == '%' || c == '-';
         });
}

} // namespace prism::atproto
