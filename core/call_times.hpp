#pragma once

#include "core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace prism {

/// How long calls took: counts by buckets, four to an octave, from 10 µs to 60 s. A plain value of
/// fixed size.
class call_times {
public:
  void add(steady_clock::duration took) noexcept;
  void add(const call_times& others) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] steady_clock::duration longest() const noexcept { return longest_; }

  /// The time that `share` of the calls (0 to 1) did not exceed: the upper bound of a bucket, a
  /// fifth too high at most, or the longest time if that is less. 0: there were no calls.
  [[nodiscard]] steady_clock::duration quantile(double share) const noexcept;

private:
  static constexpr std::size_t buckets = 92; // 10 µs * 2^(90/4) is 59 s

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_{0};
  steady_clock::duration longest_{0};
};

} // namespace prism
