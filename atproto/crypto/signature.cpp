#include "atproto/crypto/signature.hpp"

#include "atproto/crypto/sha256.hpp"
#include "atproto/crypto/signature_bytes.hpp"
#include "atproto/crypto/signature_p256.hpp"

#include <secp256k1.h>

namespace prism::atproto {
namespace {

detail::signature_check verify_k256(const public_key& key, const sha256_digest& digest,
                                    std::span<const std::byte, signature_size> compact) {
  using detail::signature_check;
  const auto* context = secp256k1_context_static;
  secp256k1_pubkey point;
  secp256k1_ecdsa_signature signature;
  if (secp256k1_ec_pubkey_parse(context, &point, detail::c_bytes(key.point()),
                                key.point().size()) != 1 ||
      secp256k1_ecdsa_signature_parse_compact(context, &signature, detail::c_bytes(compact)) != 1)
    return signature_check::out_of_range;
  if (secp256k1_ecdsa_signature_normalize(context, nullptr, &signature) == 1)
    return signature_check::high_s;
  return secp256k1_ecdsa_verify(context, &signature, detail::c_bytes(digest), &point) == 1
             ? signature_check::good
             : signature_check::wrong;
}

} // namespace

expected<void> verify_signature(const public_key& key, std::span<const std::byte> message,
                                std::span<const std::byte> signature) {
  if (signature.size() != signature_size) {
    return fail(errc::invalid, "signature: {} bytes, must be {} (compact form, not DER)",
                signature.size(), signature_size);
  }
  const auto compact = signature.first<signature_size>();
  const auto digest = sha256(message);
  const auto result = key.curve() == key_curve::k256 ? verify_k256(key, digest, compact)
                                                     : detail::verify_p256(key, digest, compact);
  switch (result) {
  case detail::signature_check::good:
    return {};
  case detail::signature_check::high_s:
    return fail(errc::invalid, "signature: s is in the upper half of the group order");
  case detail::signature_check::out_of_range:
    return fail(errc::invalid, "signature: r or s is not below the group order");
  case detail::signature_check::wrong:
    break;
  }
  return fail(errc::invalid, "signature: does not belong to this message and key");
}

} // namespace prism::atproto
