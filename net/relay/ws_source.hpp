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

/// Where a `ws_source` is in the life of its connection.
enum class source_state : std::uint8_t { connecting, connected, disconnected };

/// One step in that life.
struct source_change {
  source_state state{source_state::disconnected};
  /// What the connection was or is asked to begin after; empty: at the live end.
  std::optional<std::int64_t> cursor{};
  /// The rest only with `disconnected`: why, in a word and in a sentence …
  disconnect_reason reason{disconnect_reason::stopped};
  std::string text{};
  /// … and the wait before the next attempt; empty after `stop`.
  std::optional<std::chrono::milliseconds> retry_in{};
};

/// A message that was refused for its size at the same cursor too often to go on trying.
struct oversized_frame {
  /// The cursor that leads to it, as answered by `next_cursor`.
  std::optional<std::int64_t> cursor{};
  /// Refusals in a row at this cursor.
  std::uint32_t times{0};
  /// The first bytes of the message (1 byte .. 64 KiB), valid during the call: enough to find the
  /// `seq` of an ordinary frame, which stands before the blocks (event-stream spec, "Framing").
  std::span<const std::byte> head{};
};

/// What a `ws_source` tells and asks its owner. All of them are called on the source's own I/O
/// thread, one at a time; they must not throw, and should return soon, as nothing is read, answered
/// or timed meanwhile. `grant` and `stats` may be called from inside, `stop` not.
struct ws_source_callbacks {
  /// Frames in the order of the stream: all that were ready, at least one, up to the batch caps of
  /// the options. A frame is any binary message, error frames and nonsense included.
  std::function<void(std::vector<frame_bytes>)> on_frames;

  /// Asked before every attempt to connect: where to begin. N gives `?cursor=N`, that is frames
  /// with a seq above N (0 is a real cursor: everything that the relay keeps); empty leaves the
  /// parameter out and begins at the live end. All frames read before have been delivered by then.
  std::function<std::optional<std::int64_t>()> next_cursor;

  /// May be empty.
  std::function<void(const source_change&)> on_state{};

  /// Asks for a decision; afterwards `next_cursor` is asked again, and may answer with a cursor
  /// behind the frame to skip it. Until it does, this is repeated at each refusal. May be empty.
  std::function<void(const oversized_frame&)> on_oversized{};

  /// A text message was skipped; its size in bytes. May be empty.
  std::function<void(std::size_t)> on_bad_message{};
};

/// The client of com.atproto.sync.subscribeRepos: one object, one thread, at most one WebSocket.
///
/// It connects from the first attempt on until `stop`, whatever fails, with backoff in between, and
/// delivers frames as long as it has credit. Without credit it does not read the socket at all: the
/// receive window of TCP closes, and the relay has to wait. In that time pings still go out, so the
/// relay hears from us, but its pings stay unanswered and its pongs unseen in the socket's buffer,
/// as they come behind data; therefore the idle watchdog is suspended. A relay that insists on
/// answers may cut the connection, which is met with a reconnect from the cursor.
///
/// Not movable; any member may be called from any thread.
class ws_source {
public:
  /// Checks the options, loads the CA file and starts the thread. No credit is given yet.
  /// Errors: `errc::invalid` naming the option or callback, `errc::io` for the CA file or thread.
  [[nodiscard]] static expected<std::unique_ptr<ws_source>> start(ws_source_options options,
                                                                  ws_source_callbacks callbacks);

  ws_source(const ws_source&) = delete;
  ws_source& operator=(const ws_source&) = delete;

  /// As `stop`. Must not run inside a callback.
  ~ws_source();

  /// Allows `frames` more frames to be delivered, on top of what is left. Credit outlives
  /// reconnects.
  void grant(std::uint32_t frames);

  /// Closes the WebSocket with its closing handshake, for at most `close_timeout`, and ends the
  /// thread; no callback runs afterwards. Frames not yet delivered are dropped, as the cursor has
  /// not passed them. A name resolution under way can hold this up for as long as the system's
  /// resolver takes, as it cannot be interrupted. Calling it again is harmless.
  void stop();

  /// The numbers of this moment.
  [[nodiscard]] ws_source_stats stats() const;

private:
  class impl;
  explicit ws_source(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
