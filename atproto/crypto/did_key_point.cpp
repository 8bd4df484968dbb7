#include "atproto/crypto/did_key_point.hpp"

#include "atproto/crypto/openssl_ptr.hpp"
#include "atproto/crypto/signature_bytes.hpp"

#include <memory>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <secp256k1.h>

namespace prism::atproto::detail {
namespace {

std::optional<uncompressed_point> decode_k256(std::span<const std::byte> point) {
  secp256k1_pubkey key;
  if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &key, c_bytes(point), point.size()) != 1)
    return std::nullopt;
  uncompressed_point out{};
  std::size_t size = out.size();
  secp256k1_ec_pubkey_serialize(secp256k1_context_static, c_buffer(out), &size, &key,
                                SECP256K1_EC_UNCOMPRESSED);
  return out;
}

std::optional<uncompressed_point> decode_p256(std::span<const std::byte> point) {
  const openssl_ptr<EC_GROUP> group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  if (!group)
    return std::nullopt;
  const openssl_ptr<EC_POINT> decoded{EC_POINT_new(group.get())};
  uncompressed_point out{};
  if (!decoded ||
      EC_POINT_oct2point(group.get(), decoded.get(), c_bytes(point), point.size(), nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), decoded.get(), POINT_CONVERSION_UNCOMPRESSED, c_buffer(out),
                         out.size(), nullptr) != out.size())
    return std::nullopt;
  return out;
}

// Both libraries also accept "hybrid" points (0x06, 0x07), and OpenSSL the point at infinity.
bool has_known_form(std::span<const std::byte> point) noexcept {
  if (point.size() == public_key::compressed_size)
    return point.front() == std::byte{0x02} || point.front() == std::byte{0x03};
  return point.size() == public_key::uncompressed_size && point.front() == std::byte{0x04};
}

} // namespace

std::optional<uncompressed_point> decode_point(key_curve curve, std::span<const std::byte> point) {
  if (!has_known_form(point))
    return std::nullopt;
  return curve == key_curve::k256 ? decode_k256(point) : decode_p256(point);
}

} // namespace prism::atproto::detail
