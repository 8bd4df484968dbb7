#pragma once

#include "net/tunnel/tunnel_tls.hpp"

#include <boost/asio/awaitable.hpp>
#include <string>

namespace prism::net {

/// What servers do with connections that they accepted. Internal to net/: includes Asio.

/// "ADDRESS:PORT" of the other end.
[[nodiscard]] std::string peer_address(const boost::asio::ip::tcp::socket& socket);

/// Why a client was refused: a reason and a sentence.
struct explained_refusal {
  tunnel_refusal reason;
  std::string why;
};

/// Why a TLS handshake as server failed.
[[nodiscard]] explained_refusal explain_failure(SSL* tls, const boost::system::error_code& ec,
                                                const peer_verifier& verifier);

/// Lets the client read why it was refused, until it closes: closing with unread bytes would take
/// that from it. Has no time limit: the owner closes the socket.
[[nodiscard]] boost::asio::awaitable<void> linger(boost::asio::ip::tcp::socket& socket);

} // namespace prism::net
