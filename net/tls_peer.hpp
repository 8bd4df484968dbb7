#pragma once

#include <openssl/ssl.h>
#include <string>

namespace prism::net {

/// Sets whom the certificate of the other end must name (RFC 6125), and whom we say that we are
/// calling (SNI, RFC 6066; not defined for addresses). False: `host` cannot be verified at all.
/// Internal to net/: it brings OpenSSL with it.
[[nodiscard]] bool expect_peer(SSL* tls, const std::string& host);

/// Why a handshake failed: the verdict on the certificate, if there is one, else `otherwise`.
[[nodiscard]] std::string handshake_problem(SSL* tls, const std::string& host,
                                            const std::string& otherwise);

} // namespace prism::net
