#pragma once

#include "atproto/crypto/did_key.hpp"
#include "atproto/crypto/sha256.hpp"

#include <array>
#include <memory>
#include <span>

namespace prism::synth {

/// A private key of either curve, derived from a seed, with deterministic signatures. For synthetic
/// accounts only: not secure.
class signing_key {
public:
  using compact = std::array<std::byte, 64>;

  /// Any seed gives a valid key.
  signing_key(atproto::key_curve curve, const atproto::sha256_digest& seed);

  [[nodiscard]] const atproto::public_key& verification_key() const noexcept { return public_; }

  /// ECDSA over the SHA-256 of `message`, compact, s in the lower half.
  [[nodiscard]] compact sign(std::span<const std::byte> message) const;

private:
  atproto::sha256_digest secret_;
  atproto::public_key public_;
};

} // namespace prism::synth
