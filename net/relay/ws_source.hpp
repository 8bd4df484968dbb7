#pragma once

#include "core/error.hpp"
#include "core/frame_bytes.hpp"
#include "net/relay/ws_source_options.hpp"
#include "net/relay/ws_source_stats.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace prism::net {

/// State of the connection of a `ws_source`.
enum class source_state : std::uint8_t { connecting, connected, disconnected };

/// A change of that state.
struct source_change {
  source_state state{source_state::disconnected};
  /// The cursor of the connection; empty: the live end.
  std::optional<std::int64_t> cursor{};
  /// With `disconnected`: the reason as enumerator and as text.
  disconnect_reason reason{disconnect_reason::stopped};
  std::string text{};
  /// With `disconnected`: delay before the next attempt; empty after `stop`.
  std::optional<std::chrono::milliseconds> retry_in{};
};

/// What is known of the relay's being there. A relay that is not read cannot be heard.
enum class relay_sign : std::uint8_t {
  heard,    ///< it has sent something, at least a pong
  not_read, ///< reading stops for lack of credit
  read      ///< it is read again
};

/// A message that was repeatedly rejected for its size at the same cursor.
struct oversized_frame {
  /// The cursor before it, as returned by `next_cursor`.
  std::optional<std::int64_t> cursor{};
  /// Consecutive rejections at this cursor.
  std::uint32_t times{0};
  /// The first bytes of the message (1 byte .. 64 KiB), valid during the call: enough to find the
  /// `seq` of an ordinary frame, which precedes the blocks (event-stream spec, "Framing").
  std::span<const std::byte> head{};
};

/// Callbacks of a `ws_source`. They are called on its I/O thread, one at a time; they must not
/// throw and should return soon, because they block reads, pongs and timers. They may call `grant`
/// and `stats`, but not `stop`.
struct ws_source_callbacks {
  /// Frames in stream order: all that have arrived, at least one, up to the batch limits of the
  /// options. A frame is any binary message, including error frames and malformed ones.
  std::function<void(std::vector<frame_bytes>)> on_frames;

  /// Called before each connection attempt. @returns the cursor: N requests frames with a seq above
  /// N (0: everything that the relay keeps); empty starts at the live end. All frames read before
  /// have been delivered.
  std::function<std::optional<std::int64_t>()> next_cursor;

  /// May be empty.
  std::function<void(const source_change&)> on_state{};

  /// Asks for a decision. `next_cursor` is called afterwards and may return a cursor after the
  /// frame to skip it; otherwise this is called again at each rejection. May be empty.
  std::function<void(const oversized_frame&)> on_oversized{};

  /// A text message was skipped; its size in bytes. May be empty.
  std::function<void(std::size_t)> on_bad_message{};

  /// Each sign of life, also several for one message. May be empty.
  std::function<void(relay_sign)> on_sign{};
};

/// The client of com.atproto.sync.subscribeRepos: one object, one thread, at most one WebSocket.
///
/// Reconnects with backoff after any failure until `stop`, and delivers frames as long as it has
/// credit. Without credit it does not read the socket: the TCP receive window closes and the relay
/// has to wait. Pings are still sent in that time, but the relay's pings and pongs stay unread
/// behind the data in the socket's buffer; therefore the idle watchdog is suspended. A relay that
/// closes the connection for lack of pongs causes a reconnect from the cursor.
///
/// Not movable; any member may be called from any thread.
class ws_source {
public:
  /// Checks the options, loads the CA file and starts the thread. The initial credit is 0. Errors:
  /// `errc::invalid` naming the option or callback, `errc::io` for the CA file or thread.
  [[nodiscard]] static expected<std::unique_ptr<ws_source>> start(ws_source_options options,
                                                                  ws_source_callbacks callbacks);

  ws_source(const ws_source&) = delete;
  ws_source& operator=(const ws_source&) = delete;

  /// Calls `stop`. Must not run inside a callback.
  ~ws_source();

  /// Adds `frames` to the credit. Credit survives reconnects.
  void grant(std::uint32_t frames);

  /// Ends the present connection, if there is one, because the numbers of its frames are out of
  /// order; the next one asks for what follows the cursor.
  void reconnect(std::string why);

  /// Closes the WebSocket with its closing handshake, for at most `close_timeout`, and ends the
  /// thread; no callback runs afterwards. Frames not yet delivered are dropped; the cursor has not
  /// reached them. A pending name resolution cannot be interrupted and may delay this call.
  /// Idempotent.
  void stop();

  /// Current counters.
  [[nodiscard]] ws_source_stats stats() const;

private:
  class impl;
  explicit ws_source(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
