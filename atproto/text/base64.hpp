#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::atproto {

/// RFC 4648 section 4 base64 without padding, as `$bytes` carries it in JSON.
[[nodiscard]] std::string base64_encode(std::span<const std::byte> data);

/// Decodes base64 with or without padding (data-model spec, "JSON Representation").
/// @returns `errc::invalid` on a character outside the alphabet (that of URLs and blanks included),
/// a length that no bytes have, wrong padding, or stray bits in the last character.
[[nodiscard]] expected<std::vector<std::byte>> base64_decode(std::string_view text);

} // namespace prism::atproto
