#pragma once

#include <openssl/ssl.h>
#include <string>

namespace prism::net {

/// Sets the name that the peer's certificate must contain (RFC 6125) and the SNI name (RFC 6066;
/// not defined for addresses). @returns false if `host` cannot be verified as a name. Internal to
/// net/: includes OpenSSL.
[[nodiscard]] bool expect_peer(SSL* tls, const std::string& host);

/// Why a handshake failed: the result of certificate verification if that failed, else `otherwise`.
[[nodiscard]] std::string handshake_problem(SSL* tls, const std::string& host,
                                            const std::string& otherwise);

} // namespace prism::net
