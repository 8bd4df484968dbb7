#pragma once

#include "net/tunnel/node_dialling.hpp"
#include "net/tunnel/tunnel_client.hpp"

#include <memory>

namespace prism::net {

/// A tunnel that a client has opened. Internal to net/: includes Asio.
struct opened_tunnel {
  tls_context tls; // the stream's
  std::unique_ptr<tunnel_stream> stream;
  server_hello node;
};

/// Opens one tunnel for `tunnel_client`, on the thread of the executor. Errors: see
/// `tunnel_client::open`.
[[nodiscard]] boost::asio::awaitable<expected<opened_tunnel>>
open_tunnel(boost::asio::ip::tcp::socket::executor_type executor, tunnel_client_options options,
            tunnel_tls tls);

} // namespace prism::net
