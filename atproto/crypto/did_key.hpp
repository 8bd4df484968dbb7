#pragma once

#include "core/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace prism::atproto {

/// The elliptic curves of atproto (cryptography spec).
enum class key_curve : std::uint8_t {
  k256, ///< secp256k1
  p256  ///< NIST P-256, also called secp256r1
};

/// `"K-256"` or `"P-256"`.
[[nodiscard]] std::string_view to_string(key_curve curve) noexcept;

/// A public key whose point is known to lie on its curve. A plain value of 66 bytes; equal keys
/// compare equal, however they were written.
class public_key {
public:
  /// Bytes of a point in SEC 1 uncompressed form.
  static constexpr std::size_t uncompressed_size = 65;
  /// Bytes of a point in SEC 1 compressed form.
  static constexpr std::size_t compressed_size = 33;

  /// Takes a point in either SEC 1 form.
  /// @returns `errc::invalid` if it is not a point of the curve.
  [[nodiscard]] static expected<public_key> from_point(key_curve curve,
                                                       std::span<const std::byte> point);

  /// Reads `did:key:z…` (cryptography spec, "Public Key Encoding").
  /// @returns `errc::invalid` on another multibase, another kind of key, or a wrong point.
  [[nodiscard]] static expected<public_key> parse_did_key(std::string_view text);

  /// Reads a multikey: multibase `z`, then a multicodec prefix and a compressed point.
  [[nodiscard]] static expected<public_key> parse_multikey(std::string_view text);

  /// Reads the key of a verification method of a DID document: `Multikey`, or one of the older
  /// types `EcdsaSecp256k1VerificationKey2019` and `EcdsaSecp256r1VerificationKey2019`, in which
  /// the type names the curve and the multibase text is the point alone, compressed or not (DID
  /// spec, "Representation in DID Documents").
  /// @returns `errc::invalid` naming an unknown type, or as the functions above.
  [[nodiscard]] static expected<public_key>
  parse_verification_method(std::string_view type, std::string_view public_key_multibase);

  [[nodiscard]] key_curve curve() const noexcept { return curve_; }

  /// The point, uncompressed; valid as long as this object.
  [[nodiscard]] std::span<const std::byte, uncompressed_size> point() const noexcept {
    return point_;
  }

  /// The text that `parse_did_key` reads: the usual name of a key in logs and tables.
  [[nodiscard]] std::string to_did_key() const;

  [[nodiscard]] friend bool operator==(const public_key&, const public_key&) noexcept = default;

private:
  public_key() noexcept = default;

  key_curve curve_ = key_curve::k256;
  std::array<std::byte, uncompressed_size> point_{};
};

} // namespace prism::atproto
