#pragma once

#include "core/backoff.hpp"
#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace prism::net {

/// Settings of a `ws_source`, including all of its limits.
struct ws_source_options {
  /// ws:// or wss://, host, optional port and path; see `parse_ws_url`. No default.
  std::string relay_url{};

  /// Delay before each reconnect. Resets after a useful connection: one that delivered
  /// `useful_frames` frames or lasted as long as the maximum delay.
  backoff_options backoff{};

  /// Total time from name resolution to the end of the WebSocket handshake. 10 s; 1 ms .. 10 min.
  std::chrono::milliseconds connect_timeout{10'000};

  /// How often a ping is sent. 30 s; 1 ms .. `idle_timeout`.
  std::chrono::milliseconds ping_interval{30'000};

  /// Silence (no data, ping or pong) after which the connection is closed; not counted without
  /// credit, since nothing is read then. 60 s; longer than `ping_interval`, up to 1 h.
  std::chrono::milliseconds idle_timeout{60'000};

  /// How long `stop` waits for the peer's close frame. 2 s; 1 ms .. 10 min.
  std::chrono::milliseconds close_timeout{2'000};

  /// Larger messages are rejected before they are read. 5 MiB (the sync spec's limit for a frame is
  /// 5 MB); 1 KiB .. 1 GiB.
  std::size_t max_frame_bytes{std::size_t{5} << 20};

  /// A batch passed to `on_frames` ends at this many frames … 512; 1 .. 1,000,000.
  std::size_t max_batch_frames{512};

  /// … or when it has reached this many bytes; so a batch holds less than this plus one frame.
  /// 4 MiB; 1 B .. 1 GiB.
  std::size_t max_batch_bytes{std::size_t{4} << 20};

  /// PEM file of certificate authorities trusted beside the system's; "" for none.
  std::string extra_ca_file{};

  /// Value of the User-Agent header.
  std::string user_agent{"prism"};

  /// Frames after which a connection counts as useful and the backoff resets. Above 1, because a
  /// relay rejects a client with one error frame.
  static constexpr std::size_t useful_frames = 10;
};

/// Names the first field that is outside its range. Error: `errc::invalid`.
[[nodiscard]] expected<void> validate(const ws_source_options& options);

} // namespace prism::net
