#pragma once

#include "core/clock.hpp"
#include "net/tunnel/message_filter.hpp"
#include "net/tunnel/tunnel_tls.hpp"

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace prism::net {

/// Bytes that passed; may be shared by several pumps.
struct pump_counters {
  std::atomic<std::uint64_t> to_plain{0};
  std::atomic<std::uint64_t> to_tls{0};
};

/// Limits of a pump.
struct pump_limits {
  /// Ends it when no byte passes either way for so long.
  std::chrono::milliseconds idle{600'000};
  /// The same once one side has ended its sending.
  std::chrono::milliseconds drain{1'000};
  /// For what passes from TLS to the plain side; ended by what breaks them. Empty: nobody looks.
  std::optional<message_rules> messages{};
};

/// Why a pump ended.
enum class pump_end : std::uint8_t { closed, idle, bad_message };

/// Passes bytes between a TLS and a plain connection, both ways, with one buffer of fixed size each
/// way: what one side does not take is not read from the other. The end of one side's sending is
/// passed on to the plain one; TLS knows no such half, so the connection as a whole ends when the
/// other way has been quiet for `pump_limits::drain`. An error of either ends both at once. Runs on
/// the thread of the executor; held by shared_ptr. Internal to net/: includes Asio.
class byte_pump : public std::enable_shared_from_this<byte_pump> {
public:
  using tcp_socket = boost::asio::ip::tcp::socket;

  /// The streams and counters must outlive `run`.
  byte_pump(tunnel_stream& tls, tcp_socket& plain, pump_counters& counters, pump_limits limits);

  /// Ends when both connections are closed. @returns which of its limits ended it.
  boost::asio::awaitable<pump_end> run();

  /// Closes both connections at once; `run` ends.
  void cut();

  /// What breaks the rules (`message_filter::problem`); "" if nothing does.
  [[nodiscard]] std::string problem() const { return messages_ ? messages_->problem() : ""; }

private:
  enum class way : std::uint8_t { to_plain, to_tls };

  template <class From, class To>
  boost::asio::awaitable<void> pass(From& from, To& to, way which,
                                    std::atomic<std::uint64_t>& count);
  [[nodiscard]] bool may_pass(way which, std::span<const char> bytes);
  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<void> say_goodbye();
  void ended(way which, const boost::system::error_code& ec);
  void moved() noexcept { last_ = steady_clock::now(); }

  tunnel_stream& tls_;
  tcp_socket& plain_;
  pump_counters& counters_;
  pump_limits limits_;
  boost::asio::steady_timer timer_;
  time_point last_{steady_clock::now()}; // byte that passed
  std::optional<message_filter> messages_;
  int under_way_{2};
  pump_end end_{pump_end::closed};
  bool finishing_{false};
  bool closed_{false};
};

} // namespace prism::net
