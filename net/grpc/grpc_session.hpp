#pragma once

#include "net/grpc/grpc_connection.hpp"
#include "net/maybe_tls_stream.hpp"

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

namespace prism::net {

/// Carries the bytes of one `grpc_connection` over TCP or TLS, on the thread of its executor; held
/// by shared_ptr. Internal to net/: includes Asio.
class grpc_session : public std::enable_shared_from_this<grpc_session> {
public:
  struct owner {
    grpc_connection::events events;
    std::function<void()> changed;                         ///< `settled` may be another now
    std::function<void(const std::string& reason)> failed; ///< a rule or limit was broken
  };

  /// The references must outlive the session. @param tls null: clear text
  grpc_session(boost::asio::ip::tcp::socket socket, tls_context tls,
               const grpc_server_options& options, grpc_counters& counters, owner owner);

  /// Reads and writes until the end; all calls are cancelled then.
  [[nodiscard]] boost::asio::awaitable<void> run();

  void answer(std::int32_t stream, grpc_answer answer);

  /// Ends it when the open calls are answered.
  void drain();

  /// Ends it at once.
  void cut();

  /// Whether it has been drained: all that was to be sent is with the system.
  [[nodiscard]] bool settled() const noexcept { return ended_ || closing_; }

  [[nodiscard]] const grpc_connection& connection() const noexcept { return connection_; }

private:
  boost::asio::awaitable<bool> handshake();
  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> watch();
  void check(time_point now);
  void take(std::size_t size);
  void flush();
  void flush_soon();
  void write_rest();
  void wrote(const boost::system::error_code& ec, std::size_t size);
  void close_gently();
  void watch_again();

  static constexpr std::size_t read_bytes = std::size_t{32} << 10U;

  const grpc_server_options& options_;
  grpc_counters& counters_;
  owner owner_;
  maybe_tls_stream stream_;
  tls_context tls_;
  grpc_connection connection_;
  boost::asio::steady_timer timer_; // of the watch
  boost::asio::steady_timer room_;  // the reader waits for it; never expires
  std::array<std::uint8_t, read_bytes> in_{};
  std::string out_; // being written
  std::size_t written_{0};
  time_point wrote_at_;
  time_point watching_until_{};
  time_point closing_until_{};
  bool open_{false}; // the handshake is over
  bool taking_{false};
  bool writing_{false};
  bool flush_posted_{false};
  bool closing_{false};     // nothing is written any more
  std::size_t lingered_{0}; // bytes received since
  bool ended_{false};
};

} // namespace prism::net
