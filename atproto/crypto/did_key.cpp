#include "atproto/crypto/did_key.hpp"

#include "atproto/crypto/did_key_point.hpp"
#include "atproto/text/base58.hpp"

#include <algorithm>

namespace prism::atproto {
namespace {

// Multicodec "secp256k1-pub" (0xe7) and "p256-pub" (0x1200) as varints.
constexpr std::array k256_prefix{std::byte{0xE7}, std::byte{0x01}};
constexpr std::array p256_prefix{std::byte{0x80}, std::byte{0x24}};
static_assert(k256_prefix.size() == p256_prefix.size());
constexpr std::size_t prefix_size = k256_prefix.size();

constexpr std::string_view did_key_scheme = "did:key:";

// The largest content of a multibase text.
using multibase_buffer = std::array<std::byte, prefix_size + public_key::uncompressed_size>;

expected<std::span<const std::byte>> decode_multibase(std::string_view text,
                                                      multibase_buffer& buffer) {
  if (!text.starts_with('z'))
    return fail(errc::invalid, "public key: multibase must be 'z' (base58btc)");
  const auto size = base58_decode(text.substr(1), buffer);
  if (!size)
    return fail(errc::invalid, "public key: not base58, or more than {} bytes", buffer.size());
  return std::span{buffer}.first(*size);
}

} // namespace

std::string_view to_string(key_curve curve) noexcept {
  return curve == key_curve::k256 ? "K-256" : "P-256";
}

expected<public_key> public_key::from_point(key_curve curve, std::span<const std::byte> point) {
  const auto decoded = detail::decode_point(curve, point);
  if (!decoded) {
    return fail(errc::invalid, "public key: {} bytes that are not a point of curve {}",
                point.size(), atproto::to_string(curve));
  }
  public_key key;
  key.curve_ = curve;
  key.point_ = *decoded;
  return key;
}

expected<public_key> public_key::parse_did_key(std::string_view text) {
  if (!text.starts_with(did_key_scheme))
    return fail(errc::invalid, "public key: must begin with did:key:");
  return parse_multikey(text.substr(did_key_scheme.size()));
}

expected<public_key> public_key::parse_multikey(std::string_view text) {
  multibase_buffer buffer{};
  const auto bytes = decode_multibase(text, buffer);
  if (!bytes)
    return tl::unexpected(bytes.error());
  const auto prefix = bytes->first(std::min(prefix_size, bytes->size()));
  const bool k256 = std::ranges::equal(prefix, k256_prefix);
  if (!k256 && !std::ranges::equal(prefix, p256_prefix))
    return fail(errc::invalid, "public key: neither a K-256 nor a P-256 multikey");
  const auto point = bytes->subspan(prefix_size);
  if (point.size() != compressed_size) {
    return fail(errc::invalid, "public key: {} bytes in a multikey, must be {}", point.size(),
                compressed_size);
  }
  return from_point(k256 ? key_curve::k256 : key_curve::p256, point);
}

expected<public_key> public_key::parse_verification_method(std::string_view type,
                                                           std::string_view public_key_multibase) {
  if (type == "Multikey")
    return parse_multikey(public_key_multibase);
  const bool k256 = type == "EcdsaSecp256k1VerificationKey2019";
  if (!k256 && type != "EcdsaSecp256r1VerificationKey2019") {
    return fail(errc::invalid, "public key: verification method type '{:.64}' is not supported",
                type);
  }
  multibase_buffer buffer{};
  const auto point = decode_multibase(public_key_multibase, buffer);
  if (!point)
    return tl::unexpected(point.error());
  return from_point(k256 ? key_curve::k256 : key_curve::p256, *point);
}

std::string public_key::to_did_key() const {
  std::array<std::byte, prefix_size + compressed_size> bytes{};
  std::ranges::copy(curve_ == key_curve::k256 ? k256_prefix : p256_prefix, bytes.begin());
  const bool odd = (point_.back() & std::byte{1}) != std::byte{0};
  bytes.at(prefix_size) = odd ? std::byte{0x03} : std::byte{0x02};
  std::copy_n(point_.begin() + 1, compressed_size - 1, bytes.begin() + prefix_size + 1);
  return std::string{did_key_scheme} + 'z' + base58_encode(bytes);
}

} // namespace prism::atproto
