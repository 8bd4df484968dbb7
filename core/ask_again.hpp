#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace prism {

/// When to ask the relay again for what follows the cursor, after it sent numbers out of order: the
/// specification of event streams takes that for an error of the connection, and what a relay left
/// out it may send when it is asked again. Not more often than with growing delays, since a relay
/// may do so for hours. A plain value; the clock is passed in.
class ask_again {
public:
  /// A leap that nothing confirms or contradicts for this long is asked for again.
  static constexpr std::chrono::milliseconds patience{1'000};
  /// The least and the greatest time between two requests; each doubles it.
  static constexpr std::chrono::seconds least{2};
  static constexpr std::chrono::seconds most{300};

  /// @param stray a frame turned out to be far ahead of the stream since the last call.
  /// @param leap_since age of the unconfirmed leap; empty: there is none.
  /// @returns whether to ask now.
  [[nodiscard]] bool due(bool stray, std::optional<time_point> leap_since, time_point now) {
    wanted_ = wanted_ || stray;
    if (!wanted_ && !(leap_since && now - *leap_since >= patience))
      return false;
    if (last_ && now - *last_ < delay_)
      return false;
    const bool long_ago = !last_ || now - *last_ >= 2 * most;
    delay_ = long_ago ? least : std::min(2 * delay_, most);
    last_ = now;
    wanted_ = false;
    return true;
  }

private:
  bool wanted_{false};
  std::optional<time_point> last_;
  std::chrono::seconds delay_{least};
};

} // namespace prism
