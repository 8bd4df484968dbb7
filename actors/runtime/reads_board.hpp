#pragma once

#include "core/call_stats.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace prism {

/// The data plane as it is at one moment.
struct reads_now {
  std::string address; ///< where it listens
  std::size_t readers{0};
  std::size_t active{0};  ///< calls that are worked on
  std::size_t waiting{0}; ///< calls that wait for a reader
  std::uint64_t connections{0};
  std::uint64_t open_calls{0};
  std::uint64_t buffered_bytes{0};
};

/// What the node knows of its data plane: the port writes it, the inspector reads it. Any thread.
class reads_board {
public:
  /// A call has ended; see `call_stats::add`.
  void count(const ended_call& call, time_point now,
             const std::function<std::string()>& arguments) {
    const std::scoped_lock lock(mutex_);
    stats_.add(call, now, arguments);
  }
  [[nodiscard]] call_summary calls(time_point now) {
    const std::scoped_lock lock(mutex_);
    return stats_.read(now);
  }

  /// @param look says how the data plane is now, on any thread, and must not block; empty: there is
  /// none any more, and the one before is not called after this returns
  void watch(std::function<reads_now()> look) {
    const std::scoped_lock lock(look_mutex_);
    look_ = std::move(look);
  }
  /// Empty: there is no data plane.
  [[nodiscard]] std::optional<reads_now> now() const {
    const std::scoped_lock lock(look_mutex_);
    return look_ ? std::optional{look_()} : std::nullopt;
  }

private:
  std::mutex mutex_;
  call_stats stats_{steady_clock::now()};
  mutable std::mutex look_mutex_;
  std::function<reads_now()> look_;
};

} // namespace prism
