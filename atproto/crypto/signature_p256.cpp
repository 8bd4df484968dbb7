#include "atproto/crypto/signature_p256.hpp"

#include "atproto/crypto/openssl_ptr.hpp"
#include "atproto/crypto/signature_bytes.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

namespace prism::atproto::detail {
namespace {

constexpr std::array<unsigned char, 32> bytes32(const char (&hex)[65]) {
  std::array<unsigned char, 32> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    out[i] = static_cast<unsigned char>(value(hex[2 * i]) * 16 + value(hex[2 * i + 1]));
  }
  return out;
}

// The group order n of P-256 less one, and n/2 rounded down (SEC 2 section 2.4.2).
constexpr auto largest =
    bytes32("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
constexpr auto half_order =
    bytes32("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8");

bool is_above(std::span<const std::byte, 32> number,
              const std::array<unsigned char, 32>& limit) noexcept {
  return std::ranges::lexicographical_compare(limit, number, {}, {},
                                              [](std::byte b) { return std::to_integer<int>(b); });
}

openssl_ptr<EVP_PKEY> make_key(const public_key& key) {
  const openssl_ptr<EVP_PKEY_CTX> context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1)
    return nullptr;
  // OpenSSL's parameter lists are not const, though it only reads these.
  std::array<char, 11> group{"prime256v1"};
  auto point = std::array<std::byte, public_key::uncompressed_size>{};
  std::ranges::copy(key.point(), point.begin());
  std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* made = nullptr;
  EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.data());
  return openssl_ptr<EVP_PKEY>{made};
}

struct der_signature {
  // A sequence of two integers of at most 33 bytes, each with two bytes of head.
  std::array<unsigned char, 72> bytes{};
  std::size_t size = 0;
};

der_signature to_der(std::span<const std::byte, signature_size> compact) {
  der_signature out;
  openssl_ptr<BIGNUM> r{BN_bin2bn(c_bytes(compact.first<32>()), 32, nullptr)};
  openssl_ptr<BIGNUM> s{BN_bin2bn(c_bytes(compact.last<32>()), 32, nullptr)};
  const openssl_ptr<ECDSA_SIG> signature{ECDSA_SIG_new()};
  if (r && s && signature && ECDSA_SIG_set0(signature.get(), r.get(), s.get()) == 1) {
    // It belongs to the signature now.
    (void)r.release();
    (void)s.release();
    auto* at = out.bytes.data();
    out.size = static_cast<std::size_t>(std::max(0, i2d_ECDSA_SIG(signature.get(), &at)));
  }
  return out;
}

} // namespace

signature_check verify_p256(const public_key& key, const sha256_digest& digest,
                            std::span<const std::byte, signature_size> compact) {
  const auto r = compact.first<32>();
  const auto s = compact.last<32>();
  if (is_above(r, largest) || is_above(s, largest))
    return signature_check::out_of_range;
  if (is_above(s, half_order))
    return signature_check::high_s;
  const auto der = to_der(compact);
  const auto evp_key = make_key(key);
  const openssl_ptr<EVP_PKEY_CTX> context{evp_key ? EVP_PKEY_CTX_new(evp_key.get(), nullptr)
                                                  : nullptr};
  const bool good = context && EVP_PKEY_verify_init(context.get()) == 1 &&
                    EVP_PKEY_verify(context.get(), der.bytes.data(), der.size, c_bytes(digest),
                                    digest.size()) == 1;
  return good ? signature_check::good : signature_check::wrong;
}

} // namespace prism::atproto::detail
