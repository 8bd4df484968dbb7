#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::net {

/// Where a server of ours listens.
struct listen_address {
  /// Numeric IPv4 or IPv6 address, without brackets.
  std::string address{"127.0.0.1"};
  /// 0 lets the system choose a free port.
  std::uint16_t port{0};
};

/// Reads "ADDRESS:PORT", IPv6 as "[ADDRESS]:PORT". Names are not resolved: what a server is bound
/// to should not depend on DNS. Error: `errc::invalid`, naming the text and what is wrong.
[[nodiscard]] expected<listen_address> parse_listen_address(std::string_view text);

/// The same form back.
[[nodiscard]] std::string to_string(const listen_address& address);

} // namespace prism::net
