#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <chrono>

namespace prism {

/// Limits a rate: allows `rate` per second on average and up to `burst` at once. A plain value; the
/// clock is passed in.
class token_bucket {
public:
  /// @param rate per second, more than 0. @param burst at least 1; also the tokens at the start.
  token_bucket(double rate, double burst, time_point now) noexcept
      : rate_(rate), burst_(burst), tokens_(burst), at_(now) {}

  /// Takes one token, if there is one.
  [[nodiscard]] bool take(time_point now) noexcept {
    const std::chrono::duration<double> elapsed = std::max(now, at_) - at_;
    tokens_ = std::min(burst_, tokens_ + elapsed.count() * rate_);
    at_ = std::max(now, at_);
    if (tokens_ < 1)
      return false;
    tokens_ -= 1;
    return true;
  }

private:
  double rate_;
  double burst_;
  double tokens_;
  time_point at_;
};

} // namespace prism
