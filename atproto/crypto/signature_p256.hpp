#pragma once

#include "atproto/crypto/sha256.hpp"
#include "atproto/crypto/signature.hpp"

#include <cstdint>

namespace prism::atproto::detail {

/// Result of checking a signature.
enum class signature_check : std::uint8_t { good, high_s, out_of_range, wrong };

/// The P-256 half of `verify_signature`, by OpenSSL.
[[nodiscard]] signature_check verify_p256(const public_key& key, const sha256_digest& digest,
                                          std::span<const std::byte, signature_size> compact);

} // namespace prism::atproto::detail
