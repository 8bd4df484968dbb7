#pragma once

#include "core/error.hpp"
#include "net/certificates/openssl_ptr.hpp"
#include "net/certificates/role.hpp"

#include <chrono>
#include <string>

namespace prism::net {

/// What a certificate says about its holder.
struct certificate_identity {
  /// The common name, as printable ASCII (core/printable.hpp).
  std::string name;
  certificate_role role{certificate_role::viewing};
  /// The serial number as lower-case hexadecimal digits.
  std::string serial;
  std::chrono::sys_seconds valid_from{};
  std::chrono::sys_seconds valid_until{};
};

/// The common name as printable ASCII; "" without one.
[[nodiscard]] std::string common_name(const X509* certificate);

/// The serial number as lower-case hexadecimal digits.
[[nodiscard]] std::string serial_text(const ASN1_INTEGER* serial);

/// Reads the identity; checks neither signature nor time. Errors (`errc::invalid`): no common name,
/// no role, an unknown one, or more than one.
[[nodiscard]] expected<certificate_identity> identify(const X509* certificate);

/// The same for the first certificate of a PEM file. Errors: also those of `read_certificate`.
[[nodiscard]] expected<certificate_identity> identify_file(const std::string& path);

/// The common name of the first certificate of a PEM file. For a certificate authority of prismctl,
/// the name of the cluster. Errors: those of `read_certificate`; `errc::invalid` without a name.
[[nodiscard]] expected<std::string> cluster_of(const std::string& ca_file);

} // namespace prism::net
