#pragma once

#include <boost/asio/ip/address.hpp>

namespace prism::net {

/// Whether an address belongs to the public internet: neither private, loopback, link-local,
/// shared, multicast, documentation, reserved, nor another way of writing one of these (mapped,
/// NAT64, 6to4, Teredo). The registries are IANA's "Special-Purpose Address Registry" for IPv4 and
/// IPv6. A name that a stranger chose may lead to such an address only.
/// Internal to net/: it brings Asio with it.
[[nodiscard]] bool is_public(const boost::asio::ip::address& address) noexcept;

} // namespace prism::net
