#pragma once

#include "net/connect_race.hpp"
#include "net/tunnel/hello.hpp"
#include "net/tunnel/tunnel_client.hpp"
#include "net/tunnel/tunnel_tls.hpp"

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

namespace prism::net {

/// A tunnel that a client has opened. Internal to net/: includes Asio.
struct opened_tunnel {
  tls_context tls; // the stream's
  std::unique_ptr<tunnel_stream> stream;
  server_hello node;
};

/// Opens one tunnel for `tunnel_client`, on the thread of the executor; held by shared_ptr.
/// Internal to net/: includes Asio.
class tunnel_opening : public std::enable_shared_from_this<tunnel_opening> {
public:
  tunnel_opening(const boost::asio::ip::tcp::socket::executor_type& executor,
                 tunnel_client_options options, tunnel_tls tls);

  /// To be called once. Errors: see `tunnel_client::open`.
  [[nodiscard]] boost::asio::awaitable<expected<opened_tunnel>> run();

private:
  using tcp = boost::asio::ip::tcp;

  boost::asio::awaitable<expected<server_hello>> attempt();
  boost::asio::awaitable<expected<void>> connect();
  boost::asio::awaitable<expected<void>> handshake();
  boost::asio::awaitable<expected<server_hello>> exchange_hellos();
  void start_deadline();
  void give_up();
  [[nodiscard]] std::string where() const;
  [[nodiscard]] const std::string& expected_name() const noexcept;
  [[nodiscard]] tl::unexpected<error> timed_out() const;
  [[nodiscard]] error handshake_error(const boost::system::error_code& ec) const;
  [[nodiscard]] error lost(const boost::system::error_code& ec) const;

  tunnel_client_options options_;
  tunnel_tls tls_;
  tcp::socket::executor_type executor_;
  tcp::resolver resolver_;
  boost::asio::steady_timer deadline_;
  std::shared_ptr<connect_race> race_;
  std::unique_ptr<tunnel_stream> stream_;
  peer_verifier verifier_{certificate_role::node};
  const char* stage_{"resolving the name"};
  bool late_{false};
};

} // namespace prism::net
