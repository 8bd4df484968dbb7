#include "atproto/syntax/syntax.hpp"

#include "atproto/syntax/syntax_chars.hpp"

namespace prism::atproto {

bool is_valid_record_key(std::string_view text) noexcept {
  constexpr std::size_t max_size = 512;
  return !text.empty() && text.size() <= max_size && text != "." && text != ".." &&
         detail::all_of(text, [](char c) {
           return detail::is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '~';
         });
}

} // namespace prism::atproto
