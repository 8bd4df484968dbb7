#pragma once

#include "core/clock.hpp"
#include "net/connect_race.hpp"
#include "net/endpoint_url.hpp"
#include "net/http/http_client.hpp"
#include "net/maybe_tls_stream.hpp"

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <vector>

namespace prism::net {

/// One request and its response, on its own connection. Internal to net/.
class http_exchange {
public:
  /// A response and its redirect target (empty: none).
  struct reply {
    http_answer answer;
    std::string location;
  };

  /// @param trusted see `http_fetch`. @param deadline at which the connection is closed.
  http_exchange(http_client& client, const endpoint_url& url, std::size_t max_bytes, bool trusted,
                time_point deadline);
  http_exchange(const http_exchange&) = delete;
  http_exchange& operator=(const http_exchange&) = delete;
  ~http_exchange();

  [[nodiscard]] boost::asio::awaitable<expected<reply>> run();

  /// Ends it with `errc::cancelled`.
  void cancel();

private:
  using addresses = std::vector<boost::asio::ip::address>;

  boost::asio::awaitable<expected<addresses>> find_addresses();
  boost::asio::awaitable<expected<void>> connect(const addresses& where);
  boost::asio::awaitable<expected<connect_race::endpoints>>
  connect_tcp(connect_race::endpoints where);
  boost::asio::awaitable<expected<void>> handshake();
  boost::asio::awaitable<expected<reply>> send_request();
  void end(errc code, std::string why);
  void cut_at(time_point when);
  /// Calls `then` at that time, unless `arm` or `disarm` is called before.
  template <class Function>
  void arm(time_point when, Function then);
  void disarm();
  /// The error with which `end` was called, else `otherwise`.
  [[nodiscard]] tl::unexpected<error> reason(errc code, std::string otherwise) const;
  bool enter_address(const boost::asio::ip::address& address);
  /// Leaves all addresses but the one of the connection, if there is one.
  void leave_other_addresses();

  http_client& client_;
  const endpoint_url& url_;
  std::size_t max_bytes_;
  bool trusted_;
  time_point deadline_;
  std::shared_ptr<connect_race> race_; // while connecting
  std::optional<maybe_tls_stream> stream_;
  std::string connected_to_; // address of `stream_`
  boost::asio::steady_timer timer_;
  std::shared_ptr<unsigned> armed_{std::make_shared<unsigned>(0)}; // generation of the timer
  std::optional<error> ended_;
  std::vector<std::string> entered_; // counted in the client's per_address_
};

} // namespace prism::net
