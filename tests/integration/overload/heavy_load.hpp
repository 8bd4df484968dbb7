#pragma once

#include "tests/integration/running_node.hpp"
#include "tests/support/held_port.hpp"
#include "tests/support/proxied_database.hpp"
#include "tools/replay/replay_server.hpp"

namespace prism::test {

/// What this process has in memory.
[[nodiscard]] std::size_t resident_bytes();

/// A node under a stream that comes faster than the database will take it.
struct heavy_load {
  static constexpr std::uint32_t frames_per_second = 6'000;
  static constexpr std::uint64_t window_frames = 2'000;

  /// What the process may grow by beyond the corpus that its relay holds: window, lanes, batches,
  /// statements and the sockets' own buffers are far below.
#if defined(PRISM_THREAD_SANITIZER)
  static constexpr std::size_t max_growth = std::size_t{96 * 4} << 20U; // with its shadow
#else
  static constexpr std::size_t max_growth = std::size_t{96} << 20U;
#endif

  proxied_database database;
  std::unique_ptr<net::replay_server> relay;
  std::unique_ptr<node> running;
  held_port http_port;

  /// @param batch_max_frames as the node's setting.
  explicit heavy_load(std::uint64_t batch_max_frames = 50);

  /// Each like costs the database `each` from now on, until `full_speed`.
  void slow_likes(std::chrono::milliseconds each);
  void full_speed();

  /// As in the database, seen past the proxy.
  [[nodiscard]] std::int64_t stored_seq();
  [[nodiscard]] std::int64_t last_seq() const;

  /// The status of GET /readyz.
  [[nodiscard]] unsigned ready() const;
  /// And what it says.
  [[nodiscard]] std::string ready_text() const;

  /// The relay's send blocks: nothing more has gone out for a while, and there is more.
  [[nodiscard]] bool relay_is_blocked() const;

  /// Bytes that the process has grown by since the node was started.
  [[nodiscard]] std::size_t growth() const;

  /// All is caught up and exact, and memory was never over the bound.
  void check_end();

private:
  struct answer {
    unsigned status{0};
    std::string body;
  };
  [[nodiscard]] answer ask_ready() const;

  std::size_t at_start_{0};
  db::connection watcher_;
};

} // namespace prism::test
