#pragma once

#include "core/error.hpp"
#include "net/tls_context.hpp"

#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace prism::net {

/// A TCP stream with or without TLS, decided at run time, so that the layers above are compiled
/// once. Models Asio's AsyncReadStream and AsyncWriteStream. Internal to net/: includes Asio and
/// OpenSSL.
class maybe_tls_stream {
public:
  using tcp_socket = boost::asio::ip::tcp::socket;
  using tls_stream = boost::asio::ssl::stream<tcp_socket&>;
  using executor_type = tcp_socket::executor_type;
  /// Beast accesses the socket through these two.
  using next_layer_type = tcp_socket;

  explicit maybe_tls_stream(const executor_type& executor) : socket_(executor) {}
  explicit maybe_tls_stream(tcp_socket socket) : socket_(std::move(socket)) {}
  maybe_tls_stream(const maybe_tls_stream&) = delete;
  maybe_tls_stream& operator=(const maybe_tls_stream&) = delete;
  ~maybe_tls_stream() = default;

  /// Turns the stream into a TLS stream; call before the first byte. Keeps the context alive.
  tls_stream& enable_tls(tls_context context) {
    context_ = std::move(context);
    return tls_.emplace(socket_, *context_);
  }

  [[nodiscard]] executor_type get_executor() noexcept { return socket_.get_executor(); }
  [[nodiscard]] tcp_socket& next_layer() noexcept { return socket_; }
  [[nodiscard]] const tcp_socket& next_layer() const noexcept { return socket_; }

  /// Beast and Asio call these two with buffers and handlers of dozens of types. They are gathered
  /// and erased here, so that sockets and TLS are compiled for one.
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, io_signature>(
        [this](auto handler, const read_buffers& to) { read_some(to, std::move(handler)); }, token,
        gather<read_buffers>(buffers));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, io_signature>(
        [this](auto handler, const write_buffers& from) { write_some(from, std::move(handler)); },
        token, gather<write_buffers>(buffers));
  }

private:
  using io_signature = void(boost::system::error_code, std::size_t);
  using io_handler = boost::asio::any_completion_handler<io_signature>;
  // The start of an HTTP message has six parts. Fewer are padded with empty ones.
  static constexpr std::size_t max_buffers = 6;
  using read_buffers = std::array<boost::asio::mutable_buffer, max_buffers>;
  using write_buffers = std::array<boost::asio::const_buffer, max_buffers>;

  /// The first buffers that are not empty: a call may read or write fewer bytes than it is offered.
  template <class Gathered, class Buffers>
  [[nodiscard]] static Gathered gather(const Buffers& buffers) {
    Gathered gathered;
    std::size_t count = 0;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto each = boost::asio::buffer_sequence_begin(buffers);
         each != end && count < max_buffers; ++each)
      if (const typename Gathered::value_type part(*each); part.size() > 0)
        gathered[count++] = part;
    return gathered;
  }

  void read_some(const read_buffers& to, io_handler handler);
  void write_some(const write_buffers& from, io_handler handler);

  tcp_socket socket_;
  tls_context context_;
  std::optional<tls_stream> tls_;
};

/// Beast's hook for the end of a WebSocket connection (RFC 6455, 7.1.1). Shuts down sending only: a
/// peer that never closes must not block us here. Sends no TLS close_notify, since the WebSocket
/// close frame already distinguishes a complete stream from a truncated one.
template <class Handler>
void async_teardown(boost::beast::role_type, maybe_tls_stream& stream, Handler&& handler) {
  boost::beast::error_code ec;
  stream.next_layer().shutdown(boost::asio::socket_base::shutdown_send, ec);
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler), ec));
}

} // namespace prism::net
