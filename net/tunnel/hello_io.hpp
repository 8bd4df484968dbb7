#pragma once

#include "net/tunnel/hello.hpp"
#include "net/tunnel/tunnel_tls.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <vector>

namespace prism::net {

/// What came instead of a hello: an error of the connection, or bytes that are none. Internal to
/// net/: includes Asio.
struct hello_failure {
  boost::system::error_code connection;
  /// A sentence about the bytes; "" if the connection failed.
  std::string malformed;
};

/// The body of the peer's hello; reads not one byte more. @param magic see
/// `parse_hello_head`; must outlive the reading. Has no time limit: the owner closes.
[[nodiscard]] boost::asio::awaitable<tl::expected<std::vector<std::byte>, hello_failure>>
read_hello(tunnel_stream& from, std::string_view magic = tunnel_magic);

} // namespace prism::net
