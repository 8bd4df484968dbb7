#include "net/tls_peer.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/x509v3.h>

namespace prism::net {

bool expect_peer(SSL* tls, const std::string& host) {
  boost::system::error_code not_an_address;
  static_cast<void>(boost::asio::ip::make_address(host, not_an_address));
  if (!not_an_address)
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1;
  return SSL_set1_host(tls, host.c_str()) == 1 && SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
}

std::string handshake_problem(SSL* tls, const std::string& host, const std::string& otherwise) {
  const long verify_result = SSL_get_verify_result(tls);
  return verify_result == X509_V_OK ? fmt::format("TLS handshake with '{}': {}", host, otherwise)
                                    : fmt::format("certificate of '{}' rejected: {}", host,
                                                  X509_verify_cert_error_string(verify_result));
}

} // namespace prism::net
