#pragma once

#include "core/clock.hpp"
#include "core/frame_bytes.hpp"
#include "net/connect_race.hpp"
#include "net/endpoint_url.hpp"
#include "net/maybe_tls_stream.hpp"
#include "net/relay/idle_watchdog.hpp"
#include "net/relay/ws_source_options.hpp"
#include "net/relay/ws_source_stats.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// Interface through which a `ws_connection` reports to its `ws_source`.
class ws_connection_owner {
public:
  /// The WebSocket is open.
  virtual void opened() = 0;
  /// Whether another frame may be read.
  [[nodiscard]] virtual bool has_credit() const = 0;
  /// A binary message; consumes one credit.
  virtual void received(frame_bytes frame) = 0;
  /// A text message of that many bytes was skipped.
  virtual void skipped(std::size_t bytes) = 0;
  /// Reading stops (true) or resumes (false) for lack of credit.
  virtual void stalled(bool now) = 0;
  /// The peer has sent something.
  virtual void heard() = 0;

protected:
  ~ws_connection_owner() = default;
};

/// How a connection ended.
struct connection_end {
  disconnect_reason reason{disconnect_reason::stopped};
  std::string text{};
  /// With `oversized`: the start of the rejected message.
  std::vector<std::byte> head{};
};

/// One connection attempt and, if it succeeds, the connection. Runs on the thread of `executor`;
/// held by shared_ptr, since pending operations keep it alive. Internal to net/: includes Beast.
class ws_connection : public std::enable_shared_from_this<ws_connection> {
public:
  /// All references must outlive `run`.
  ws_connection(const maybe_tls_stream::executor_type& executor, const ws_source_options& options,
                const endpoint_url& url, tls_context tls, ws_connection_owner& owner);

  /// Connects and reads until the connection ends.
  [[nodiscard]] boost::asio::awaitable<connection_end> run(std::string target);

  /// `has_credit` has become true.
  void wake();

  /// Ends the connection: with a closing handshake if it is open, else at once.
  void close();

  /// Ends the connection at once, for this reason.
  void give_up(disconnect_reason reason, std::string text) { finish(reason, std::move(text)); }

private:
  // -- opening -------------------------------------------------------------------------------
  boost::asio::awaitable<void> open(std::string target);
  boost::asio::awaitable<connect_race::endpoints> resolve();
  boost::asio::awaitable<connect_race::endpoints> connect_tcp(connect_race::endpoints where);
  boost::asio::awaitable<void> handshake_tls();
  boost::asio::awaitable<void> handshake_websocket(const std::string& target);
  void give_up_address_at(time_point when);

  // -- open ----------------------------------------------------------------------------------
  boost::asio::awaitable<void> read_frames();
  boost::asio::awaitable<frame_bytes> read_message();
  boost::asio::awaitable<void> wait_for_credit();
  boost::asio::awaitable<void> watch();
  void ping();
  void heard();

  // -- ending --------------------------------------------------------------------------------
  void arm_deadline(std::chrono::milliseconds after, disconnect_reason reason, std::string text);
  void disarm_deadline();
  void finish_read(const boost::system::error_code& ec);
  void refuse(const std::vector<std::byte>& start);
  void finish(disconnect_reason reason, std::string text);

  const ws_source_options& options_;
  const endpoint_url& url_;
  tls_context tls_;
  ws_connection_owner& owner_;

  maybe_tls_stream::executor_type executor_;
  boost::asio::ip::tcp::resolver resolver_;
  std::shared_ptr<connect_race> race_;                                  // while connecting
  std::optional<boost::beast::websocket::stream<maybe_tls_stream>> ws_; // once connected
  boost::asio::steady_timer address_timer_;
  unsigned address_{0};  // number of the one being tried
  bool given_up_{false}; // it, not the connection
  boost::asio::steady_timer deadline_;
  std::uint64_t deadline_generation_{0};
  boost::asio::steady_timer wake_;
  boost::asio::steady_timer watch_timer_;
  idle_watchdog watchdog_;
  time_point next_ping_;
  bool ping_under_way_{false};
  bool open_{false};
  bool closing_{false};
  std::optional<connection_end> end_;
};

} // namespace prism::net
