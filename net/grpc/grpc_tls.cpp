#include "net/grpc/grpc_tls.hpp"

#include <boost/asio/ssl/context.hpp>
#include <ctime>
#include <openssl/x509.h>

namespace prism::net {

namespace {

constexpr unsigned char protocol[] = {2, 'h', '2'}; // with its length before it

int choose(SSL* /*tls*/, const unsigned char** out, unsigned char* out_size,
           const unsigned char* offered, unsigned offered_size, void* /*unused*/) noexcept {
  unsigned char* chosen = nullptr; // of `protocol`, which is not changed
  if (SSL_select_next_proto(&chosen, out_size, protocol, sizeof protocol, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

expected<tls_context> make_grpc_tls(const std::string& certificate_file,
                                    const std::string& key_file) {
  auto made = make_server_tls(certificate_file, key_file);
  if (made)
    SSL_CTX_set_alpn_select_cb((*made)->native_handle(), choose, nullptr);
  return made;
}

std::int64_t expiry_of(boost::asio::ssl::context& context) {
  const auto* const certificate = SSL_CTX_get0_certificate(context.native_handle());
  std::tm at{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &at) != 1)
    return 0;
  return timegm(&at);
}

} // namespace prism::net
