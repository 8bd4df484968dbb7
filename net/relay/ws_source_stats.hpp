#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace prism::net {

/// Why a connection or connection attempt ended.
enum class disconnect_reason : std::uint8_t {
  resolve_failed,  ///< the host name has no address (or DNS does not answer)
  connect_failed,  ///< no address of the host accepts a TCP connection
  tls_failed,      ///< TLS handshake, certificate or host name
  upgrade_refused, ///< an HTTP response other than the upgrade to WebSocket
  connect_timeout, ///< `connect_timeout` passed before the handshakes were done
  closed,          ///< the peer closed with a close frame
  reset,           ///< the connection was lost without one
  idle,            ///< nothing was received for `idle_timeout`
  oversized,       ///< a message over `max_frame_bytes` was rejected
  protocol_error,  ///< the peer violated the WebSocket protocol
  stopped,         ///< `stop` was called
  out_of_order     ///< `reconnect` was called, since the numbers of the frames were out of order
};

/// Number of enumerators above.
inline constexpr std::size_t disconnect_reasons = 12;

/// The snake_case name, as in logs and metric labels.
[[nodiscard]] std::string_view to_string(disconnect_reason reason) noexcept;

/// Counters of a `ws_source` since its start; `credit` and `connected` are current values.
struct ws_source_stats {
  /// Attempts to connect.
  std::uint64_t attempts{0};
  /// Attempts that opened a WebSocket.
  std::uint64_t connects{0};
  /// Ends of attempts and of connections, by `disconnect_reason`.
  std::array<std::uint64_t, disconnect_reasons> disconnects{};
  /// Frames delivered, and their bytes.
  std::uint64_t frames{0};
  std::uint64_t bytes{0};
  /// Calls of `on_frames`.
  std::uint64_t batches{0};
  /// Messages rejected for their size.
  std::uint64_t oversized{0};
  /// Messages skipped because they were text.
  std::uint64_t bad_messages{0};
  /// How often reading stopped for lack of credit, and the total time, including a current stop.
  std::uint64_t stalls{0};
  std::chrono::nanoseconds stalled{0};
  /// Frames that may still be delivered.
  std::uint64_t credit{0};
  /// Whether a WebSocket is open.
  bool connected{false};

  /// Ends with this reason.
  [[nodiscard]] std::uint64_t ended(disconnect_reason reason) const noexcept {
    return disconnects[static_cast<std::size_t>(reason)];
  }
};

} // namespace prism::net
