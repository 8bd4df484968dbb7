#pragma once

#include <string>
#include <string_view>

namespace prism::atproto {

/// A JSON text that strangers serve, in the form in which the reference's runtime parses it:
/// without byte order marks before it (two at most), with U+FFFD for what is not UTF-8 and for
/// escapes of lone surrogates.
[[nodiscard]] std::string readable_json(std::string_view text);

/// `text` without white space at both ends, as JavaScript's `trim` defines it: also no-break
/// spaces, byte order marks and other separators of Unicode.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

} // namespace prism::atproto
