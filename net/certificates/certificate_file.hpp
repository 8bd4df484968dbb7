#pragma once

#include "core/error.hpp"
#include "net/certificates/openssl_ptr.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// The first certificate of a PEM file. Errors: `errc::not_found` if the file does not exist,
/// `errc::io` naming it and the reason.
[[nodiscard]] expected<openssl_ptr<X509>> read_certificate(const std::string& path);

/// The private key of a PEM file. Errors as of `read_certificate`.
[[nodiscard]] expected<openssl_ptr<EVP_PKEY>> read_key(const std::string& path);

/// All revocation lists of a PEM file; at least one. Errors as of `read_certificate`.
[[nodiscard]] expected<std::vector<openssl_ptr<X509_CRL>>> read_crls(const std::string& path);

/// As PEM. Errors: `errc::fatal` with OpenSSL's reason.
[[nodiscard]] expected<std::string> to_pem(X509* certificate);
[[nodiscard]] expected<std::string> to_pem(EVP_PKEY* key);
[[nodiscard]] expected<std::string> to_pem(X509_CRL* crl);

} // namespace prism::net
