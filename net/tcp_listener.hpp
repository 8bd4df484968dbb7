#pragma once

#include "core/error.hpp"
#include "net/listen_address.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>

namespace prism::net {

/// Binds without listening, which reserves the port; another socket bound by this function can
/// listen on it. Internal to net/: includes Asio. Error: `errc::io` naming the address and the
/// system's reason.
[[nodiscard]] expected<void> bind(boost::asio::ip::tcp::acceptor& acceptor,
                                  const listen_address& address);

/// Binds and listens. Errors as of `bind`.
[[nodiscard]] expected<void> listen(boost::asio::ip::tcp::acceptor& acceptor,
                                    const listen_address& address);

/// Gives each connection that comes to `admit`, until the acceptor is closed; ends at most a
/// tenth of a second later. The acceptor must outlive it, and what `admit` uses.
[[nodiscard]] boost::asio::awaitable<void>
accept_all(boost::asio::ip::tcp::acceptor& acceptor,
           std::function<void(boost::asio::ip::tcp::socket)> admit);

} // namespace prism::net
