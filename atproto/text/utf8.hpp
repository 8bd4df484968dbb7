#pragma once

#include <string>
#include <string_view>

namespace prism::atproto {

/// Whether `text` is well-formed UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF
/// (RFC 3629). The empty text is.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// U+FEFF, which some programs write before a text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// `text` with U+FFFD in place of what is not UTF-8, as the Encoding Standard decodes it: one for
/// each longest part that could begin a character, else one for each byte.
[[nodiscard]] std::string with_replacements(std::string_view text);

} // namespace prism::atproto
