#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace prism::proxy {

/// What happens to connections, until it is changed.
enum class mode : std::uint8_t {
  pass,       ///< everything goes through
  black_hole, ///< accepted and read, never answered; ends with a reset of those that it swallowed
              ///< from
  refuse      ///< nobody listens, and what was connected is reset
};

/// How often each fault has really hit a connection.
struct proxy_stats {
  std::uint64_t connections{0};       ///< accepted
  std::uint64_t open{0};              ///< open now
  std::uint64_t unreachable{0};       ///< closed because the server could not be reached
  std::uint64_t commits{0};           ///< COMMITs passed on
  std::uint64_t delayed{0};           ///< packets of a client that were held back
  std::uint64_t slowed{0};            ///< COMMITs that waited for their turn
  std::uint64_t cut{0};               ///< connections reset by order
  std::uint64_t swallowed{0};         ///< packets, of either side, that fell into the black hole
  std::uint64_t cut_before_commit{0}; ///< connections reset instead of passing COMMIT on
  std::uint64_t cut_after_commit{0};  ///< connections reset instead of the answer "COMMIT"
};

class session;

/// What the sessions of one proxy share; its thread's, but for the counters.
struct proxy_state {
  using clock = std::chrono::steady_clock;

  mode now{mode::pass};
  std::chrono::milliseconds delay{0};
  clock::duration commit_interval{0}; ///< between two COMMITs of all connections; 0: none
  clock::time_point next_commit{};
  std::uint64_t cuts_before{0}; ///< COMMITs that are still to be cut
  std::uint64_t cuts_after{0};
  std::function<void(const std::string&)> log;
  std::set<session*> sessions; // that exist

  struct counters {
    std::atomic<std::uint64_t> connections{0}, open{0}, unreachable{0}, commits{0}, delayed{0},
        slowed{0}, cut{0}, swallowed{0}, cut_before_commit{0}, cut_after_commit{0};
  } count;

  void say(const std::string& line) const {
    if (log)
      log(line);
  }
};

} // namespace prism::proxy
