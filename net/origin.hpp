#pragma once

#include <boost/asio/ip/address.hpp>

namespace prism::net {

/// What counts as one address for limits per address: of IPv6, the /64 network that one host has to
/// itself; an IPv4 address that arrives as a mapped IPv6 one counts as IPv4. Internal to net/:
/// includes Asio.
[[nodiscard]] boost::asio::ip::address origin_of(const boost::asio::ip::address& address);

} // namespace prism::net
