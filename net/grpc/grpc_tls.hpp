#pragma once

#include "core/error.hpp"
#include "net/tls_context.hpp"

#include <cstdint>
#include <string>

namespace prism::net {

/// TLS of a server of HTTP/2: `make_server_tls` with ALPN, of which only "h2" is taken. Errors as
/// of `make_server_tls`.
[[nodiscard]] expected<tls_context> make_grpc_tls(const std::string& certificate_file,
                                                  const std::string& key_file);

/// When the certificate of the context expires, in seconds since 1970.
[[nodiscard]] std::int64_t expiry_of(boost::asio::ssl::context& context);

} // namespace prism::net
