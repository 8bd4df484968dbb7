#pragma once

#include "net/maybe_tls_stream.hpp"
#include "tools/replay/replay_state.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// One client of a `replay_server`: a reader, which answers pings and detects the end, and a
/// writer, which sends frames and injects faults. On the server's thread. Internal to tools/replay:
/// includes Beast.
class replay_session : public std::enable_shared_from_this<replay_session> {
public:
  /// @param tls empty: plain. `state` must outlive the session.
  replay_session(maybe_tls_stream::tcp_socket socket, tls_context tls, replay_state& state);

  /// Runs the connection to its end.
  [[nodiscard]] boost::asio::awaitable<void> run();

  /// Closes the connection at once.
  void cut();

private:
  using request = boost::beast::http::request<boost::beast::http::empty_body>;

  boost::asio::awaitable<bool> accept();
  boost::asio::awaitable<void> refuse(const request& asked, boost::beast::http::status status,
                                      std::string text);
  boost::asio::awaitable<bool> consult_directory(const request& asked);
  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> write();
  boost::asio::awaitable<void> send_frames(std::size_t first);
  boost::asio::awaitable<void> strike(const replay_fault& fault);
  boost::asio::awaitable<void> send(std::vector<std::byte> message, bool binary = true);
  boost::asio::awaitable<void> close();
  boost::asio::awaitable<void> pace(std::size_t index);
  boost::asio::awaitable<void> until_ended();

  replay_state& state_;
  tls_context tls_;
  boost::beast::websocket::stream<maybe_tls_stream> ws_;
  boost::asio::steady_timer deadline_; // of the opening and of the closing
  boost::asio::steady_timer wake_;
  boost::beast::flat_buffer input_;
  std::optional<std::int64_t> cursor_;
  std::uint64_t number_{0};
  std::uint64_t sent_{0};
  std::uint64_t paced_{0};
  boost::asio::steady_timer::time_point pace_begin_;
  bool complete_{false}; // the last frame was sent
  bool closing_{false};  // by us
  bool closed_by_client_{false};
  bool half_open_{false}; // by an injected fault
  bool ended_{false};
  std::string end_text_;
};

} // namespace prism::net
