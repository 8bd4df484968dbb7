#pragma once

#include "core/error.hpp"

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
} // namespace boost::asio::ssl

namespace prism::net {

/// A shared TLS configuration; several connections may use it at once.
using tls_context = std::shared_ptr<boost::asio::ssl::context>;

/// For outgoing connections: TLS 1.2 or newer; certificates are verified against the system's
/// authorities and those in `extra_ca_file` (PEM; "" for none). Errors: `errc::io` naming the file
/// that cannot be read or holds no certificate.
[[nodiscard]] expected<tls_context> make_client_tls(const std::string& extra_ca_file);

/// For a server: certificate chain and private key, both PEM files. Errors: `errc::io` naming the
/// file and OpenSSL's reason.
[[nodiscard]] expected<tls_context> make_server_tls(const std::string& certificate_file,
                                                    const std::string& key_file);

} // namespace prism::net
