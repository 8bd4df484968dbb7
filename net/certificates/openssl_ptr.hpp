#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string>

namespace prism::net {

namespace detail {

struct openssl_release {
  void operator()(EVP_PKEY* it) const noexcept { EVP_PKEY_free(it); }
  void operator()(X509* it) const noexcept { X509_free(it); }
  void operator()(X509_CRL* it) const noexcept { X509_CRL_free(it); }
  void operator()(X509_REVOKED* it) const noexcept { X509_REVOKED_free(it); }
  void operator()(X509_EXTENSION* it) const noexcept { X509_EXTENSION_free(it); }
  void operator()(X509_STORE* it) const noexcept { X509_STORE_free(it); }
  void operator()(X509_STORE_CTX* it) const noexcept { X509_STORE_CTX_free(it); }
  void operator()(GENERAL_NAMES* it) const noexcept { GENERAL_NAMES_free(it); }
  void operator()(GENERAL_NAME* it) const noexcept { GENERAL_NAME_free(it); }
  void operator()(ASN1_STRING* it) const noexcept { ASN1_STRING_free(it); }
  void operator()(BIGNUM* it) const noexcept { BN_free(it); }
  void operator()(BIO* it) const noexcept { BIO_free_all(it); }
};

} // namespace detail

/// Owns an object of OpenSSL. Internal to net/: includes OpenSSL.
template <class T>
using openssl_ptr = std::unique_ptr<T, detail::openssl_release>;

/// The reason of the newest error that OpenSSL keeps for this thread; forgets the others.
[[nodiscard]] std::string take_openssl_error();

} // namespace prism::net
