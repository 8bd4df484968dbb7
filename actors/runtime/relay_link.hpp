#pragma once

#include "core/clock.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace prism {

/// The connection to the relay, as it is known on the thread that reads it. Any thread.
class relay_link {
public:
  struct view {
    bool connected{false};
    std::optional<time_point> since; ///< it is connected, or is not; empty: no attempt has ended
    std::string why;                 ///< the last connection, or attempt, ended
    /// When the relay last sent anything, a pong at least; empty: never, or it is not read, since
    /// the node takes no more frames now.
    std::optional<time_point> heard;
  };

  void connected(time_point now) {
    {
      const std::scoped_lock lock(mutex_);
      state_.connected = true;
      state_.since = now;
    }
    heard(now);
  }
  void ended(std::string why, time_point now) {
    const std::scoped_lock lock(mutex_);
    if (state_.connected || !state_.since)
      state_.since = now;
    state_.connected = false;
    state_.why = std::move(why);
    heard_ = 0;
  }
  /// Costs one atomic store.
  void heard(time_point now) noexcept {
    heard_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  /// From now on the socket is not read, so nothing can be heard, until `heard`.
  void not_read() noexcept { heard_.store(0, std::memory_order_relaxed); }

  [[nodiscard]] view read() const {
    const std::scoped_lock lock(mutex_);
    auto out = state_;
    if (const auto at = heard_.load(std::memory_order_relaxed); at != 0)
      out.heard = time_point{steady_clock::duration{at}};
    return out;
  }

private:
  mutable std::mutex mutex_;
  view state_; // without `heard`
  std::atomic<steady_clock::rep> heard_{0};
};

} // namespace prism
