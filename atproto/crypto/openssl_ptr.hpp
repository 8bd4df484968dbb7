#pragma once

#include <memory>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

namespace prism::atproto::detail {

struct openssl_deleter {
  void operator()(BIGNUM* it) const noexcept { BN_free(it); }
  void operator()(ECDSA_SIG* it) const noexcept { ECDSA_SIG_free(it); }
  void operator()(EC_GROUP* it) const noexcept { EC_GROUP_free(it); }
  void operator()(EC_POINT* it) const noexcept { EC_POINT_free(it); }
  void operator()(EVP_PKEY* it) const noexcept { EVP_PKEY_free(it); }
  void operator()(EVP_PKEY_CTX* it) const noexcept { EVP_PKEY_CTX_free(it); }
};

/// Owns an object of OpenSSL.
template <class T>
using openssl_ptr = std::unique_ptr<T, openssl_deleter>;

} // namespace prism::atproto::detail
