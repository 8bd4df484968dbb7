#pragma once

#include "core/clock.hpp"
#include "core/lru_cache.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace prism {

/// Says whether a line about `key` may be logged now: at most once per interval and key, and at
/// most `max_keys` lines per interval in all, whatever keys a hostile network thinks up.
/// The logging itself is the caller's. Not thread-safe.
template <class Key>
class rate_limited {
public:
  /// @param interval least time between two lines about one key.
  /// @param max_keys keys remembered; 0 is taken as 1.
  rate_limited(steady_clock::duration interval, std::size_t max_keys)
      : interval_(interval), keys_(max_keys) {}

  /// Empty: stay silent. Otherwise log, and tell that this many lines about `key` were kept back
  /// since its last one (0 for a key not remembered).
  template <class K>
  [[nodiscard]] std::optional<std::uint64_t> allow(const K& key, time_point now) {
    if (const auto* known = keys_.peek(key)) {
      if (now - known->last < interval_) {
        ++known->suppressed;
        ++suppressed_;
        return std::nullopt;
      }
      const auto suppressed_count = known->suppressed;
      remember(Key(key), now);
      return suppressed_count;
    }
    if (keys_.size() == keys_.capacity() && now - keys_.oldest()->value.last < interval_) {
      ++suppressed_;
      return std::nullopt;
    }
    remember(Key(key), now);
    return 0;
  }

  /// Lines kept back since the start, those of keys not remembered included.
  [[nodiscard]] std::uint64_t suppressed() const noexcept { return suppressed_; }

  /// Keys remembered now.
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

private:
  struct record {
    time_point last;
    mutable std::uint64_t suppressed{0}; // counting must not make the key look fresh
  };

  // Only a logged line touches a key, so the oldest key is the one whose last line is longest ago.
  void remember(Key key, time_point now) {
    static_cast<void>(keys_.put(std::move(key), record{.last = now, .suppressed = 0}));
  }

  steady_clock::duration interval_;
  lru_cache<Key, record> keys_;
  std::uint64_t suppressed_{0};
};

} // namespace prism
