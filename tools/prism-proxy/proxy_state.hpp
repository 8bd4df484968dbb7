#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace prism::proxy {

/// How connections are handled.
enum class mode : std::uint8_t {
  pass,       ///< forwards everything
  black_hole, ///< reads and drops everything; its end resets the affected connections
  refuse      ///< does not listen, and resets open connections
};

/// How often each fault has affected a connection.
struct proxy_stats {
  std::uint64_t connections{0};       ///< accepted
  std::uint64_t open{0};              ///< open now
  std::uint64_t unreachable{0};       ///< closed because the server could not be reached
  std::uint64_t commits{0};           ///< COMMITs forwarded
  std::uint64_t delayed{0};           ///< delayed packets of a client
  std::uint64_t slowed{0};            ///< COMMITs delayed by the rate limit
  std::uint64_t cut{0};               ///< connections reset by `cut`
  std::uint64_t swallowed{0};         ///< packets, of either side, dropped by the black hole
  std::uint64_t cut_before_commit{0}; ///< connections reset instead of forwarding COMMIT
  std::uint64_t cut_after_commit{0};  ///< connections reset instead of forwarding "COMMIT"
};

class session;

/// State shared by the sessions of one proxy. Belongs to its thread, except the counters.
struct proxy_state {
  using clock = std::chrono::steady_clock;

  mode now{mode::pass};
  std::chrono::milliseconds delay{0};
  clock::duration commit_interval{0}; ///< between two COMMITs of all connections; 0: none
  clock::time_point next_commit{};
  std::uint64_t cuts_before{0}; ///< COMMITs that are still to be cut
  std::uint64_t cuts_after{0};
  std::function<void(const std::string&)> log;
  std::set<session*> sessions; // open

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
