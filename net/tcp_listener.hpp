#pragma once

#include "core/error.hpp"
#include "net/listen_address.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace prism::net {

/// Binds and listens. Internal to net/: it brings Asio with it.
/// Error: `errc::io` naming the address and the system's reason.
[[nodiscard]] expected<void> listen(boost::asio::ip::tcp::acceptor& acceptor,
                                    const listen_address& where);

} // namespace prism::net
