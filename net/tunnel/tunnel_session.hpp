#pragma once

#include "net/certificates/identity.hpp"
#include "net/tunnel/hello_io.hpp"
#include "net/tunnel/tunnel_state.hpp"

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

namespace prism::net {

/// One connection of a `tunnel_server`, on its thread. Internal to net/: includes Asio.
class tunnel_session : public std::enable_shared_from_this<tunnel_session> {
public:
  /// `state` must outlive the session. @param over is called when the handshake is: the client was
  /// admitted or refused.
  tunnel_session(boost::asio::ip::tcp::socket socket, tunnel_state& state,
                 std::function<void()> over);

  /// Everything from the TLS handshake to the end of the connection.
  [[nodiscard]] boost::asio::awaitable<void> run();

  /// Closes the connection at once. During the handshake it counts as refused for `reason`.
  void cut(tunnel_refusal reason);
  /// The same without a reason: the server stops.
  void stop();

  /// The name of an admitted client; "" before.
  [[nodiscard]] const std::string& admitted_name() const noexcept { return admitted_.name; }

  /// If an admitted client's certificate is no longer valid, closes the connection.
  void check_certificate();

private:
  enum class stage : std::uint8_t { handshake, refused, open };

  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<bool> handshake_tls();
  boost::asio::awaitable<std::optional<client_hello>> receive_hello();
  boost::asio::awaitable<bool> connect_backend();
  boost::asio::awaitable<void> admit(const client_hello& hello, std::uint16_t version);
  boost::asio::awaitable<void> refuse(tunnel_refusal reason, std::string why);
  void note_refusal(tunnel_refusal reason, std::string_view why);
  void start_deadline();
  void close();

  tunnel_state& state_;
  std::function<void()> over_;
  tls_context tls_; // the stream's
  tunnel_stream stream_;
  boost::asio::ip::tcp::socket backend_;
  boost::asio::steady_timer deadline_;
  std::shared_ptr<byte_pump> pump_;
  peer_verifier verifier_{std::nullopt};
  std::string address_;
  tunnel_peer admitted_;
  stage stage_{stage::handshake};
};

} // namespace prism::net
