#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>

namespace prism::net {

/// Whether the other end of a loopback connection is a socket of this process, by Linux's table of
/// connections; empty if that cannot be read. Internal to net/: includes Asio.
[[nodiscard]] std::optional<bool> is_own_connection(const boost::asio::ip::tcp::endpoint& ours,
                                                    const boost::asio::ip::tcp::endpoint& theirs);

} // namespace prism::net
