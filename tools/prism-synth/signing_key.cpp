#include "signing_key.hpp"

#include "p256.hpp"

#include <secp256k1.h>
#include <stdexcept>

namespace prism::synth {

namespace {

using atproto::key_curve;
using atproto::public_key;
using atproto::sha256_digest;

[[nodiscard]] const secp256k1_context* k256() {
  static const std::unique_ptr<secp256k1_context, void (*)(secp256k1_context*)> context{
      secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY),
      secp256k1_context_destroy};
  return context.get();
}

template <class Bytes>
[[nodiscard]] auto* raw(Bytes& bytes) {
  using byte = std::conditional_t<std::is_const_v<Bytes>, const unsigned char, unsigned char>;
  return reinterpret_cast<byte*>(bytes.data());
}

/// The first digest from the seed on that is a secret of secp256k1; the first nearly always is.
[[nodiscard]] sha256_digest k256_secret(sha256_digest seed) {
  while (secp256k1_ec_seckey_verify(k256(), raw(std::as_const(seed))) != 1)
    seed = atproto::sha256(seed);
  return seed;
}

[[nodiscard]] public_key public_key_of(key_curve curve, const sha256_digest& secret) {
  if (curve == key_curve::p256)
    return p256::public_key_of(secret);
  secp256k1_pubkey point;
  std::array<std::byte, public_key::compressed_size> encoded{};
  auto size = encoded.size();
  if (secp256k1_ec_pubkey_create(k256(), &point, raw(secret)) != 1)
    throw std::logic_error("secp256k1: a checked secret is refused");
  secp256k1_ec_pubkey_serialize(k256(), raw(encoded), &size, &point, SECP256K1_EC_COMPRESSED);
  return public_key::from_point(curve, encoded).value();
}

} // namespace

signing_key::signing_key(key_curve curve, const sha256_digest& seed)
    : secret_(curve == key_curve::k256 ? k256_secret(seed) : seed),
      public_(public_key_of(curve, secret_)) {}

signing_key::compact signing_key::sign(std::span<const std::byte> message) const {
  const auto digest = atproto::sha256(message);
  if (public_.curve() == key_curve::p256)
    return p256::sign(secret_, digest);
  secp256k1_ecdsa_signature signature;
  compact out{};
  // Its default nonce is that of RFC 6979, and it puts s into the lower half itself.
  static_cast<void>(
      secp256k1_ecdsa_sign(k256(), &signature, raw(digest), raw(secret_), nullptr, nullptr));
  secp256k1_ecdsa_signature_serialize_compact(k256(), raw(out), &signature);
  return out;
}

} // namespace prism::synth
