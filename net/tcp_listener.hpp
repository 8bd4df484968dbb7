#pragma once

#include "core/error.hpp"
#include "net/listen_address.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace prism::net {

/// Binds without listening, which reserves the port; another socket bound by this function can
/// listen on it. Internal to net/: includes Asio. Error: `errc::io` naming the address and the
/// system's reason.
[[nodiscard]] expected<void> bind(boost::asio::ip::tcp::acceptor& acceptor,
                                  const listen_address& address);

/// Binds and listens. Errors as of `bind`.
[[nodiscard]] expected<void> listen(boost::asio::ip::tcp::acceptor& acceptor,
                                    const listen_address& address);

} // namespace prism::net
