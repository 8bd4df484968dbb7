#pragma once

#include "core/error.hpp"

#include <chrono>
#include <cstdint>

namespace prism {

/// Delays between attempts that keep failing.
struct backoff_options {
  /// Longest possible first delay. Must be positive.
  std::chrono::milliseconds min{1'000};
  /// No delay is ever longer. At least `min`.
  std::chrono::milliseconds max{30'000};
  /// Growth per attempt, at least 1.
  double factor{2.0};
  /// Random share of each delay, 0 to 1: a delay of nominal length d lies in [d * (1 - jitter), d],
  /// so that clients which failed at the same time do not retry at the same time.
  double jitter{0.5};
};

/// Checks the ranges. Error `errc::invalid`, naming the field that is out of range.
[[nodiscard]] expected<void> validate(const backoff_options& options);

/// Exponential backoff with jitter. A plain value: it neither waits nor draws random numbers. Not
/// thread-safe.
class backoff {
public:
  /// Clamps fields that are out of range (see `validate`), so that a delay is always defined.
  explicit backoff(backoff_options options = {}) noexcept;

  /// The delay before the next attempt; each call increases the next nominal delay.
  /// @param random01 a new uniform random number in [0, 1]; other values are clamped to it.
  [[nodiscard]] std::chrono::milliseconds next(double random01) noexcept;

  /// The attempt succeeded: start from `min` again.
  void reset() noexcept;

  /// Number of calls of `next` since construction or the last `reset`.
  [[nodiscard]] std::uint64_t attempts() const noexcept { return attempts_; }

private:
  backoff_options options_;
  double nominal_ms_;
  std::uint64_t attempts_{0};
};

} // namespace prism
