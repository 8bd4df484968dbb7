#pragma once

#include "net/connect_race.hpp"
#include "net/tunnel/hello_io.hpp"
#include "net/tunnel/tunnel_tls.hpp"

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace prism::net {

/// Which node is dialled.
struct dial_target {
  /// Name or numeric address, and the port.
  std::string host{};
  std::uint16_t port{0};
  /// The name or address that its certificate must carry; "" for `host`.
  std::string expected_name{};
  /// For sentences of errors.
  std::string ca_file{};
  std::string certificate_file{};
  /// What is to be opened, for sentences of errors: "tunnel".
  std::string what{};
  /// Time for everything until the hello is answered.
  std::chrono::milliseconds limit{10'000};
};

/// Connects to a node, proves both sides' certificates and exchanges hellos, on the thread of the
/// executor; held by shared_ptr, with which the connection ends. Internal to net/: includes Asio.
class node_dialling : public std::enable_shared_from_this<node_dialling> {
public:
  /// @param tls of `make_tunnel_client_tls`.
  node_dialling(const boost::asio::ip::tcp::socket::executor_type& executor, dial_target target,
                tls_context tls);

  /// Resolves, connects and shakes hands; the time begins. To be called once. Errors: see
  /// `tunnel_client::open`, and `errc::cancelled`.
  [[nodiscard]] boost::asio::awaitable<expected<void>> run();

  /// Then: sends our hello and reads the body of the node's. Errors as of `run`.
  [[nodiscard]] boost::asio::awaitable<expected<std::vector<std::byte>>>
  exchange(std::vector<std::byte> hello, std::string_view magic);

  /// Then: the connection, which has no time limit any more; null if that had passed.
  [[nodiscard]] std::unique_ptr<tunnel_stream> take();

  /// Ends what is under way, with `errc::cancelled`.
  void cancel();

  /// Whether TCP has connected.
  [[nodiscard]] bool connected() const noexcept { return stream_ != nullptr; }
  /// "HOST:PORT".
  [[nodiscard]] std::string where() const;
  [[nodiscard]] tl::unexpected<error> timed_out() const;
  /// The error for an answer that no node of ours gives.
  [[nodiscard]] tl::unexpected<error> not_a_node(std::string_view why) const;

private:
  using tcp = boost::asio::ip::tcp;

  boost::asio::awaitable<expected<connect_race::endpoints>> resolve();
  boost::asio::awaitable<expected<void>> connect();
  boost::asio::awaitable<expected<void>> handshake();
  void start_deadline();
  void close();
  [[nodiscard]] const std::string& expected_name() const noexcept;
  [[nodiscard]] static tl::unexpected<error> cancelled();
  [[nodiscard]] error handshake_error(const boost::system::error_code& ec) const;
  [[nodiscard]] error lost(const boost::system::error_code& ec) const;

  dial_target target_;
  tls_context tls_; // the stream's
  tcp::socket::executor_type executor_;
  tcp::resolver resolver_;
  boost::asio::steady_timer deadline_;
  std::shared_ptr<connect_race> race_;
  std::unique_ptr<tunnel_stream> stream_;
  peer_verifier verifier_{certificate_role::node};
  const char* stage_{"resolving the name"};
  bool late_{false};
  bool cancelled_{false};
};

} // namespace prism::net
