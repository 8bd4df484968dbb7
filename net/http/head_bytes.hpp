#pragma once

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/message.hpp>
#include <string>

namespace prism::net {

/// The head of a message as it is sent (RFC 9112, 2.1), up to and including the empty line. To be
/// written with the body by Asio: each of Beast's own functions that write messages takes seconds
/// to compile.
template <bool IsRequest>
[[nodiscard]] std::string head_bytes(const boost::beast::http::header<IsRequest>& head) {
  using writer = typename boost::beast::http::fields::writer;
  if constexpr (IsRequest) {
    writer parts{head, head.version(), head.method()};
    return boost::beast::buffers_to_string(parts.get());
  } else {
    writer parts{head, head.version(), head.result_int()};
    return boost::beast::buffers_to_string(parts.get());
  }
}

} // namespace prism::net
