#include "net/tunnel/accepted.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <sstream>
#include <tuple>

namespace prism::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string peer_address(const tcp::socket& socket) {
  error_code gone; // the client may be
  std::ostringstream out;
  out << socket.remote_endpoint(gone);
  return gone ? "a client that has left" : out.str();
}

explained_refusal explain_failure(SSL* tls, const error_code& ec, const peer_verifier& verifier) {
  const long verified = SSL_get_verify_result(tls);
  if (verified != X509_V_OK)
    return {refusal_of(verified), verifier.problem().empty()
                                      ? std::string{X509_verify_cert_error_string(verified)}
                                      : verifier.problem()};
  if (ec.category() != asio::error::get_ssl_category())
    return {tunnel_refusal::disconnected, "it left during the handshake"};
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(ec.value()));
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return {tunnel_refusal::no_certificate, "it showed no certificate"};
  if (reason >= SSL_AD_REASON_OFFSET) // an alert
    return {tunnel_refusal::disconnected, "it refuses this node: " + ec.message()};
  return {tunnel_refusal::not_tls, ec.message()};
}

asio::awaitable<void> linger(tcp::socket& socket) {
  error_code ec;
  socket.shutdown(tcp::socket::shutdown_send, ec);
  std::array<char, 1024> ignored; // NOLINT: never read
  while (!ec)
    std::tie(ec, std::ignore) =
        co_await socket.async_read_some(asio::buffer(ignored), asio::as_tuple(asio::use_awaitable));
}

} // namespace prism::net
