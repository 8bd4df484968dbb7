#pragma once

#include "core/clock.hpp"
#include "net/http/http_client.hpp"
#include "net/http/http_url.hpp"
#include "net/maybe_tls_stream.hpp"

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <vector>

namespace prism::net {

/// One request and its answer, on a connection of its own. Internal to net/.
class http_exchange {
public:
  /// An answer, and where it redirects to (empty: nowhere).
  struct reply {
    http_answer answer;
    std::string location;
  };

  /// @param trusted see `http_fetch`. @param deadline after which everything is cut.
  http_exchange(http_client& client, const http_url& url, std::size_t max_bytes, bool trusted,
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
  boost::asio::awaitable<expected<void>> handshake();
  boost::asio::awaitable<expected<reply>> ask();
  void end(errc code, std::string why);
  void cut_at(time_point when);
  /// Has `then` done at that time, unless something else is asked for or it is disarmed before.
  template <class Function>
  void arm(time_point when, Function then);
  void disarm();
  /// Why it was ended from outside, else `otherwise`.
  [[nodiscard]] tl::unexpected<error> reason(errc code, std::string otherwise) const;
  bool enter_address(const boost::asio::ip::address& address);
  void leave_address();

  http_client& client_;
  const http_url& url_;
  std::size_t max_bytes_;
  bool trusted_;
  time_point deadline_;
  std::optional<maybe_tls_stream> stream_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<unsigned> armed_{std::make_shared<unsigned>(0)}; // counts what was asked for
  std::optional<error> ended_;
  std::string address_; // counted in the client's per_address_
};

} // namespace prism::net
