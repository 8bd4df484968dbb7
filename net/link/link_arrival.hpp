#pragma once

#include "net/link/link_hello.hpp"
#include "net/link/link_session.hpp"

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace prism::net {

/// A peer that dialled and was let in.
struct arrived_peer {
  std::string id;
  link_connection connection;
};

/// The handshake of an accepted connection, on the thread of its executor; held by shared_ptr.
/// Internal to net/: includes Asio.
class link_arrival : public std::enable_shared_from_this<link_arrival> {
public:
  struct owner {
    /// The answer to a hello of a peer that showed this certificate. `cluster`, `from` and `name`
    /// are ours.
    std::function<link_answer(const link_hello& hello, X509* certificate)> answer_to;
    /// Called at most once, unless `run` succeeds. @param who a description.
    std::function<void(link_end reason, const std::string& who, const std::string& why)> refused;
  };

  link_arrival(boost::asio::ip::tcp::socket socket, tls_context tls, version_range versions,
               std::chrono::milliseconds limit, owner owner);

  /// Everything until the answer is written. Empty if the peer was refused.
  [[nodiscard]] boost::asio::awaitable<std::optional<arrived_peer>> run();

  /// Ends it at once. With a reason, it counts as refused.
  void cut(std::optional<link_end> reason, const std::string& why);

private:
  boost::asio::awaitable<bool> handshake_tls();
  boost::asio::awaitable<std::optional<link_hello>> receive_hello();
  boost::asio::awaitable<void> answer(link_answer what);
  void refuse(link_end reason, const std::string& why);
  void start_deadline();

  version_range versions_;
  std::chrono::milliseconds limit_;
  owner owner_;
  tls_context tls_; // the stream's
  std::unique_ptr<tunnel_stream> stream_;
  boost::asio::steady_timer deadline_;
  peer_verifier verifier_{certificate_role::node};
  std::string address_;
  bool over_{false}; // refused, cut or let in
};

} // namespace prism::net
