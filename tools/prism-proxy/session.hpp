#pragma once

#include "pg_messages.hpp"
#include "proxy_state.hpp"

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

namespace prism::proxy {

/// One client of a `fault_proxy` and its connection to the server; on the proxy's thread.
class session : public std::enable_shared_from_this<session> {
public:
  using endpoint = boost::asio::generic::stream_protocol::endpoint;

  /// `state` must outlive the session.
  session(boost::asio::ip::tcp::socket client, endpoint server, proxy_state& state);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Runs the connection to its end.
  [[nodiscard]] boost::asio::awaitable<void> run();

  /// Resets the client and closes the connection to the server. The session is then inert.
  void cut();

  /// Whether bytes of it have been dropped.
  [[nodiscard]] bool has_gap() const noexcept { return gap_; }

  [[nodiscard]] bool is_open() const noexcept { return open_; }

private:
  using chunk = std::array<char, 65536>;

  boost::asio::awaitable<void> from_client();
  boost::asio::awaitable<void> from_server();
  boost::asio::awaitable<bool> take_request(const pg_message& message);
  boost::asio::awaitable<bool> commit_passes();
  bool answer_passes(const pg_message& message);
  boost::asio::awaitable<void> wait(proxy_state::clock::time_point until);
  boost::asio::awaitable<bool> pass_on(auto& socket, const std::string& bytes);
  bool swallowed();

  proxy_state& state_;
  boost::asio::ip::tcp::socket client_;
  boost::asio::generic::stream_protocol::socket server_;
  endpoint address_;
  boost::asio::steady_timer timer_;
  message_reader requests_{message_reader::side::client};
  message_reader answers_{message_reader::side::server};
  commit_spotter spotter_;
  std::string to_server_;
  bool open_{true};
  bool gap_{false};
  bool cut_at_answer_{false}; // drop the response to the COMMIT in flight
};

} // namespace prism::proxy
