#pragma once

#include "core/error.hpp"
#include "net/listen_address.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace prism::net {

/// Binds, so that nobody else is given the port, without listening; whoever binds in this way as
/// well can listen there. Internal, as it brings Asio with it.
/// Error: `errc::io` naming the address and the system's reason.
[[nodiscard]] expected<void> bind(boost::asio::ip::tcp::acceptor& acceptor,
                                  const listen_address& where);

/// Binds and listens. Internal to net/ and errors as above.
[[nodiscard]] expected<void> listen(boost::asio::ip::tcp::acceptor& acceptor,
                                    const listen_address& where);

} // namespace prism::net
