#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::net {

/// The address on which a server listens.
struct listen_address {
  /// Numeric IPv4 or IPv6 address, without brackets.
  std::string address{"127.0.0.1"};
  /// 0 lets the system choose a free port.
  std::uint16_t port{0};
};

/// Reads "ADDRESS:PORT", IPv6 as "[ADDRESS]:PORT". Host names are not resolved, so that binding
/// does not depend on DNS. Error: `errc::invalid`, naming the text and the problem.
[[nodiscard]] expected<listen_address> parse_listen_address(std::string_view text);

/// The inverse of `parse_listen_address`.
[[nodiscard]] std::string to_string(const listen_address& address);

} // namespace prism::net
