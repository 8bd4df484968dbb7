#pragma once

#include "net/link/link_account.hpp"
#include "net/link/link_framing.hpp"
#include "net/link/link_outbox.hpp"
#include "net/link/link_pulse.hpp"
#include "net/tunnel/tunnel_tls.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

namespace prism::net {

/// A connection with a proven peer, with its TLS context.
struct link_connection {
  tls_context tls;
  std::unique_ptr<tunnel_stream> stream;
  std::uint16_t version{0};
};

/// One open link, on the thread of its executor; held by shared_ptr. Internal to net/: includes
/// Asio.
class link_session : public std::enable_shared_from_this<link_session> {
public:
  struct callbacks {
    /// A message of the peer other than ping and pong.
    std::function<void(const boost::json::object& head, std::span<const std::byte> payload)>
        received;
    /// It has ended; once, from `end`.
    std::function<void(const link_outbox& outbox, link_end why, const std::string& text)> ended;
  };

  link_session(link_connection connection, const links_options& options,
               std::shared_ptr<link_account> account, callbacks callbacks);

  /// What the peer sends is read and what waits is written, until the end.
  [[nodiscard]] boost::asio::awaitable<void> run();

  /// Ends the link at once; does nothing if it has ended.
  void end(link_end why, const std::string& text);

  /// If the peer's certificate is no longer valid, ends the link.
  void check_certificate(boost::asio::ssl::context& tls);

  /// Messages are pushed here; by any thread.
  [[nodiscard]] const std::shared_ptr<link_outbox>& outbox() const noexcept { return outbox_; }
  [[nodiscard]] std::uint16_t version() const noexcept { return connection_.version; }

private:
  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> write();
  boost::asio::awaitable<void> watch();
  void take_messages();
  void take(const link_reader::found& message);
  void send_own(std::string_view kind, std::uint64_t number);

  link_connection connection_;
  const links_options& options_;
  std::shared_ptr<link_account> account_;
  callbacks callbacks_;
  link_pulse pulse_;
  link_reader reader_;
  boost::asio::steady_timer timer_;                 // of the watch
  std::shared_ptr<boost::asio::steady_timer> wake_; // the writer waits for it; never expires
  std::shared_ptr<link_outbox> outbox_;
  bool ended_{false};
};

} // namespace prism::net
