#pragma once

#include "core/error.hpp"
#include "net/certificates/openssl_ptr.hpp"
#include "net/certificates/role.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// A certificate with its private key (ECDSA on P-256).
struct made_certificate {
  openssl_ptr<X509> certificate;
  openssl_ptr<EVP_PKEY> key;
};

/// From when until when a certificate is valid, both included.
struct validity {
  std::chrono::sys_seconds from;
  std::chrono::sys_seconds until;
};

/// What a certificate is to say.
struct certificate_request {
  /// The common name: see `is_certificate_name`.
  std::string name;
  /// Without one, the tunnel refuses the certificate.
  std::optional<certificate_role> role{};
  /// Names and numeric addresses under which a node is reached.
  std::vector<std::string> hosts{};
  validity time;
};

/// A certificate that has been withdrawn.
struct revocation {
  std::string serial; // lower-case hexadecimal digits
  std::chrono::sys_seconds at;
};

/// 1 to 64 letters, digits, '.', '-' or '_', of which the first is a letter or a digit: it is part
/// of file names.
[[nodiscard]] bool is_certificate_name(std::string_view name) noexcept;

/// A host name of 1 to 253 letters, digits, '.', '-' and '_', or a numeric address.
[[nodiscard]] bool is_host(std::string_view host);

/// A certificate authority whose common name is that of the cluster. Errors: `errc::invalid` naming
/// what is wrong, `errc::fatal` with OpenSSL's reason.
[[nodiscard]] expected<made_certificate> make_authority(const std::string& cluster, validity time);

/// A certificate of that authority, with a random serial number of 127 bits. A node's certificate
/// carries its name as a host, too. Errors as of `make_authority`.
[[nodiscard]] expected<made_certificate> make_certificate(const made_certificate& authority,
                                                          const certificate_request& request);

/// The list of all revoked certificates, in the order of their serial numbers, which never needs to
/// be made anew before `next_update`. Errors as of `make_authority`.
[[nodiscard]] expected<openssl_ptr<X509_CRL>> make_crl(const made_certificate& authority,
                                                       const std::vector<revocation>& revoked,
                                                       std::chrono::sys_seconds now,
                                                       std::chrono::sys_seconds next_update);

} // namespace prism::net
