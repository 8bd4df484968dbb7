#pragma once

#include "atproto/crypto/did_key.hpp"

#include <optional>

namespace prism::atproto::detail {

using uncompressed_point = std::array<std::byte, public_key::uncompressed_size>;

/// Decodes a point in either SEC 1 form, by libsecp256k1 or OpenSSL; `nullopt` if the curve has no
/// such point.
[[nodiscard]] std::optional<uncompressed_point> decode_point(key_curve curve,
                                                             std::span<const std::byte> point);

} // namespace prism::atproto::detail
