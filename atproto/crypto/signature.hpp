#pragma once

#include "atproto/crypto/did_key.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <span>

namespace prism::atproto {

/// Bytes of a signature: `r` and `s`, 32 bytes each, big-endian ("compact" form).
inline constexpr std::size_t signature_size = 64;

/// Checks an ECDSA signature over the SHA-256 of `message` (cryptography spec, "ECDSA Signature
/// Malleability"): compact form only, DER is refused, and `s` must be in the lower half of the
/// group order, so that no second valid signature can be derived from one. Nothing in prismd calls
/// this yet.
///
/// Safe from any thread. Costs some 100 µs of CPU.
/// @returns nothing if the signature is good, else `errc::invalid` telling a malformed signature
/// from a wrong one.
[[nodiscard]] expected<void> verify_signature(const public_key& key,
                                              std::span<const std::byte> message,
                                              std::span<const std::byte> signature);

} // namespace prism::atproto
