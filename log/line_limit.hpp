#pragma once

#include "core/rate_limited.hpp"

#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <string>

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

/// What a line says of those left out before it: " (7 similar lines suppressed)", or nothing for 0.
[[nodiscard]] inline std::string left_out_note(std::uint64_t count) {
  return count == 0 ? std::string{} : fmt::format(" ({} similar lines suppressed)", count);
}

} // namespace prism::log
