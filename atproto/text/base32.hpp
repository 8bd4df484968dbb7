#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace prism::atproto {

/// RFC 4648 base32 in lower case and without padding, as multibase `b` uses it for CIDs.
[[nodiscard]] std::string base32_encode(std::span<const std::byte> data);

/// Decodes into `out`, whose size must be exactly what `text` encodes.
/// @returns `errc::invalid` on a wrong length, a character outside `a-z2-7`, or stray bits in the
/// last character (no two texts may encode the same bytes).
[[nodiscard]] expected<void> base32_decode(std::string_view text, std::span<std::byte> out);

} // namespace prism::atproto
