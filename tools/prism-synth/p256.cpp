#include "p256.hpp"

#include <memory>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <vector>

namespace prism::synth::p256 {

namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* value) const {
    Free(value);
  }
};
using number = std::unique_ptr<BIGNUM, freed_by<BN_clear_free>>;
using point = std::unique_ptr<EC_POINT, freed_by<EC_POINT_free>>;
using context = std::unique_ptr<BN_CTX, freed_by<BN_CTX_free>>;

[[nodiscard]] const EC_GROUP* group() {
  static const std::unique_ptr<EC_GROUP, freed_by<EC_GROUP_free>> p256{
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  return p256.get();
}

[[nodiscard]] const BIGNUM* order() {
  return EC_GROUP_get0_order(group());
}

[[nodiscard]] const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

/// The digest as a number from 1 to the order - 1; out of range with probability 2^-32 only.
[[nodiscard]] number scalar(const atproto::sha256_digest& digest, BN_CTX* scratch) {
  number out{BN_bin2bn(raw(digest.data()), static_cast<int>(digest.size()), nullptr)};
  BN_nnmod(out.get(), out.get(), order(), scratch);
  if (BN_is_zero(out.get()))
    BN_one(out.get());
  return out;
}

} // namespace

atproto::public_key public_key_of(const atproto::sha256_digest& secret) {
  const context scratch{BN_CTX_new()};
  const point at{EC_POINT_new(group())};
  EC_POINT_mul(group(), at.get(), scalar(secret, scratch.get()).get(), nullptr, nullptr,
               scratch.get());
  std::array<std::byte, atproto::public_key::compressed_size> encoded{};
  EC_POINT_point2oct(group(), at.get(), POINT_CONVERSION_COMPRESSED,
                     reinterpret_cast<unsigned char*>(encoded.data()), encoded.size(),
                     scratch.get());
  return atproto::public_key::from_point(atproto::key_curve::p256, encoded).value();
}

std::array<std::byte, 64> sign(const atproto::sha256_digest& secret,
                               const atproto::sha256_digest& digest) {
  const context scratch{BN_CTX_new()};
  const number d = scalar(secret, scratch.get());
  const number z = scalar(digest, scratch.get());
  // The nonce differs for every message and key, which is sufficient for correctness.
  std::vector<std::byte> mixed(secret.begin(), secret.end());
  mixed.insert(mixed.end(), digest.begin(), digest.end());
  const number k = scalar(atproto::sha256(mixed), scratch.get());

  const point at{EC_POINT_new(group())};
  const number r{BN_new()};
  const number s{BN_new()};
  EC_POINT_mul(group(), at.get(), k.get(), nullptr, nullptr, scratch.get());
  EC_POINT_get_affine_coordinates(group(), at.get(), r.get(), nullptr, scratch.get());
  BN_nnmod(r.get(), r.get(), order(), scratch.get());
  // s = (z + r d) / k
  BN_mod_mul(s.get(), r.get(), d.get(), order(), scratch.get());
  BN_mod_add(s.get(), s.get(), z.get(), order(), scratch.get());
  const number inverse{BN_mod_inverse(nullptr, k.get(), order(), scratch.get())};
  BN_mod_mul(s.get(), s.get(), inverse.get(), order(), scratch.get());
  const number half{BN_new()};
  BN_rshift1(half.get(), order());
  if (BN_cmp(s.get(), half.get()) > 0)
    BN_sub(s.get(), order(), s.get());

  std::array<std::byte, 64> out{};
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(r.get(), bytes, 32);
  BN_bn2binpad(s.get(), bytes + 32, 32);
  return out;
}

} // namespace prism::synth::p256
