#pragma once

#include "core/clock.hpp"
#include "core/lru_cache.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace prism {

/// Limits log lines: at most one per interval and key, and at most `max_keys` per interval in
/// total, even if the network makes up ever new keys. The caller does the logging. Not thread-safe.
template <class Key>
class rate_limited {
public:
  /// @param interval minimum time between two lines about one key
  /// @param max_keys keys remembered; 0 is treated as 1
  rate_limited(steady_clock::duration interval, std::size_t max_keys)
      : interval_(interval), keys_(max_keys) {}

  /// Whether to log a line about `key` now: the number of lines suppressed since the last one (0
  /// for a key that is not remembered), or empty if this one is suppressed too.
  template <class K>
  [[nodiscard]] std::optional<std::uint64_t> allow(const K& key, time_point now) {
    if (const auto* known = keys_.peek(key)) {
      if (now - known->last < interval_) {
        ++known->suppressed;
        return std::nullopt;
      }
      const auto suppressed_count = known->suppressed;
      remember(Key(key), now);
      return suppressed_count;
    }
    if (keys_.size() == keys_.capacity() && now - keys_.oldest()->value.last < interval_)
      return std::nullopt;
    remember(Key(key), now);
    return 0;
  }

  /// Keys remembered now.
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

private:
  struct record {
    time_point last;
    mutable std::uint64_t suppressed{0}; // counted without making the key the most recently used
  };

  // Only a logged line uses a key, so the oldest key is the one whose last line is the oldest.
  void remember(Key key, time_point now) {
    static_cast<void>(keys_.put(std::move(key), record{.last = now, .suppressed = 0}));
  }

  steady_clock::duration interval_;
  lru_cache<Key, record> keys_;
};

} // namespace prism
