#pragma once

#include <string_view>

namespace prism::atproto {

/// Whether `text` is well-formed UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF
/// (RFC 3629). The empty text is.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

} // namespace prism::atproto
