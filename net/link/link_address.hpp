#pragma once

#include "core/error.hpp"
#include "net/certificates/openssl_ptr.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::net {

/// Where a peer is dialled: a name or a numeric address, IPv6 without brackets.
struct link_address {
  std::string host;
  std::uint16_t port{0};
};

/// Reads "HOST:PORT", IPv6 as "[ADDRESS]:PORT". Error: `errc::invalid` naming the text.
[[nodiscard]] expected<link_address> parse_link_address(std::string_view text);

/// Whether a certificate is one for that host (RFC 6125), which may be a numeric address.
[[nodiscard]] bool carries_host(X509* certificate, const std::string& host);

} // namespace prism::net
