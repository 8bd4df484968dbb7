#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace prism::net {

/// Connects to one of several addresses of a host ("happy eyeballs", RFC 8305). The attempts begin
/// one after the other, IPv6 and IPv4 in turns: the next one as soon as one fails, or after
/// `attempt_delay` beside those that are still under way. The first connection that is
/// established is used; the others are closed. So an address that never answers costs that delay.
///
/// Knows no time limit: the owner calls `cancel`. Runs on the thread of the executor; held by
/// shared_ptr, since pending operations keep it alive. Internal to net/: includes Asio.
class connect_race : public std::enable_shared_from_this<connect_race> {
public:
  using tcp = boost::asio::ip::tcp;
  using endpoints = std::vector<tcp::endpoint>;

  /// The recommended value of RFC 8305, 8.
  static constexpr std::chrono::milliseconds attempt_delay{250};

  connect_race(const tcp::socket::executor_type& executor, const endpoints& where,
               std::chrono::milliseconds delay = attempt_delay);

  /// The connected socket; empty if all attempts failed, or after `cancel`. To be called once.
  [[nodiscard]] boost::asio::awaitable<std::optional<tcp::socket>> run();

  /// Ends `run` without a result.
  void cancel();

  /// Why the first address that failed did. No error if none did.
  [[nodiscard]] const boost::system::error_code& problem() const noexcept { return problem_; }

  /// The addresses that neither won nor failed, for another race: those not tried first.
  [[nodiscard]] endpoints left() const;

  /// The addresses with both families in turns, beginning with that of the first.
  [[nodiscard]] static endpoints interleaved(const endpoints& where);

private:
  enum class progress : std::uint8_t { waits, connects, failed, won };
  struct attempt {
    tcp::endpoint to;
    tcp::socket socket;
    progress now{progress::waits};
  };

  void start_next();
  void finished(std::size_t number, const boost::system::error_code& ec);
  void end();

  std::chrono::milliseconds delay_;
  std::deque<attempt> attempts_; // in their order
  std::size_t started_{0};
  std::size_t under_way_{0};
  std::optional<std::size_t> winner_;
  bool ended_{false};
  boost::system::error_code problem_;
  boost::asio::steady_timer pause_; // until the next attempt
  boost::asio::steady_timer wake_;  // run() waits for it; never expires
};

} // namespace prism::net
