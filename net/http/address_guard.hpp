#pragma once

#include <boost/asio/ip/address.hpp>

namespace prism::net {

/// Whether an address belongs to the public internet: neither private, loopback, link-local,
/// shared, multicast, documentation, reserved, nor an IPv6 form that embeds such an address
/// (mapped, NAT64, 6to4, Teredo). The registries are IANA's "Special-Purpose Address Registry" for
/// IPv4 and IPv6. A host name from an untrusted source may resolve to public addresses only.
/// Internal to net/: includes Asio.
[[nodiscard]] bool is_public(const boost::asio::ip::address& address) noexcept;

} // namespace prism::net
