#pragma once

#include "core/error.hpp"
#include "net/listen_address.hpp"
#include "tools/replay/corpus_file.hpp"
#include "tools/replay/frame_source.hpp"
#include "tools/replay/replay_directory.hpp"
#include "tools/replay/replay_fault.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prism::net {

/// Settings of a `replay_server`.
struct replay_options {
  /// Default: a free port of 127.0.0.1.
  listen_address listen{};
  /// Frames per second on each connection; 0: as fast as the client takes them.
  std::uint32_t rate{0};
  /// With `rate`: the frame at index N is due N / rate after this moment on every connection, as if it
  /// happened then; a client that comes again gets at once what it has missed.
  std::optional<std::chrono::steady_clock::time_point> since{};
  /// Frames kept for cursors, counted from the end; an earlier cursor is outdated. 0: all.
  std::size_t window{0};
  /// A client without a cursor gets everything, as suits a recording (true), or starts at the live
  /// end, as with a relay (false).
  bool from_start{true};
  /// Also served, over plain HTTP on the same port; null: none.
  std::shared_ptr<const replay_directory> directory{};
  /// Faults, in any order; those at one position fire in the order given.
  std::vector<replay_fault> faults{};
  /// PEM files; both given: wss, none: ws.
  std::string tls_certificate_file{};
  std::string tls_key_file{};
  /// Called on the server's thread with a log line for each connection, its end, and each fault.
  std::function<void(const std::string&)> log{};
  /// Called on the server's thread after a client that was sent the last frame has closed.
  std::function<void()> on_served{};
};

/// Counters of a `replay_server`.
struct replay_stats {
  /// WebSockets accepted.
  std::uint64_t connections{0};
  /// WebSockets open now.
  std::uint64_t open{0};
  /// Corpus frames sent, on all connections.
  std::uint64_t frames_sent{0};
  std::uint64_t faults_fired{0};
  /// Clients that were sent the last frame and then closed.
  std::uint64_t served{0};
};

/// Serves a recorded corpus as com.atproto.sync.subscribeRepos, to any number of clients at once,
/// on its own thread, and injects faults. After the last frame it stays connected and sends
/// nothing. Cursors work as in the sync spec ("Firehose cursors"): frames after it, OutdatedCursor
/// with the oldest frames kept, FutureCursor.
class replay_server {
public:
  /// Listens and serves. Errors: `errc::io` (address, certificate, thread), `errc::invalid` (a
  /// malformed frame, sequence numbers that do not increase, a fault after the end of the corpus).
  [[nodiscard]] static expected<std::unique_ptr<replay_server>> start(corpus frames,
                                                                      replay_options options);

  /// Serves frames that are generated on demand; the source replaces `window` and `from_start`, and
  /// `rate` if it says when a frame is due.
  [[nodiscard]] static expected<std::unique_ptr<replay_server>>
  serve(std::unique_ptr<frame_source> frames, replay_options options);

  replay_server(const replay_server&) = delete;
  replay_server& operator=(const replay_server&) = delete;
  ~replay_server();

  /// Closes all connections and ends the thread. Not callable from a callback.
  void stop();

  /// The port on which it listens.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// The address for clients, without path.
  [[nodiscard]] std::string url() const;

  /// Current counters; callable from any thread.
  [[nodiscard]] replay_stats stats() const;

  /// Faults that have not fired; callable from any thread.
  [[nodiscard]] std::vector<replay_fault> faults_left() const;

private:
  class impl;
  explicit replay_server(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
