#pragma once

#include "core/rate_limited.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace prism::log {

/// `rate_limited` for lines that several threads write: at most one per interval and key.
template <class Key>
class line_limit {
public:
  /// @param interval minimum time between two lines about one key
  /// @param max_keys keys remembered
  line_limit(steady_clock::duration interval, std::size_t max_keys) : lines_(interval, max_keys) {}

  /// Whether to log a line about `key` now: the number of lines left out since the last one, or
  /// empty if this one is left out too. Any thread.
  template <class K>
  [[nodiscard]] std::optional<std::uint64_t> allow(const K& key, time_point now) {
    const std::scoped_lock lock(mutex_);
    return lines_.allow(key, now);
  }

private:
  std::mutex mutex_;
  rate_limited<Key> lines_;
};

} // namespace prism::log
