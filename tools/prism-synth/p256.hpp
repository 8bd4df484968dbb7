#pragma once

#include "atproto/crypto/did_key.hpp"
#include "atproto/crypto/sha256.hpp"

#include <array>

/// Deterministic P-256 signatures, which OpenSSL 3.0 does not provide.
namespace prism::synth::p256 {

[[nodiscard]] atproto::public_key public_key_of(const atproto::sha256_digest& secret);

[[nodiscard]] std::array<std::byte, 64> sign(const atproto::sha256_digest& secret,
                                             const atproto::sha256_digest& digest);

} // namespace prism::synth::p256
