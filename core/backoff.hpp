#pragma once

#include "core/error.hpp"

#include <chrono>
#include <cstdint>

namespace prism {

/// How long to wait between attempts that keep failing.
struct backoff_options {
  /// Longest possible first delay. Must be positive.
  std::chrono::milliseconds min{1'000};
  /// No delay is ever longer. At least `min`.
  std::chrono::milliseconds max{30'000};
  /// Growth per attempt, at least 1.
  double factor{2.0};
  /// Share of each delay that is random, 0 (none) to 1 (anything from zero up): a delay of nominal
  /// length d lies in [d * (1 - jitter), d], so peers that failed together do not return together.
  double jitter{0.5};
};

/// Says which field of `options` is outside its range, if any. Error: `errc::invalid`.
[[nodiscard]] expected<void> validate(const backoff_options& options);

/// Exponential backoff with jitter. A plain value: it neither waits nor draws random numbers.
class backoff {
public:
  /// Fields out of range are moved to the nearest value inside (see `validate`), so that a delay is
  /// always defined.
  explicit backoff(backoff_options options = {}) noexcept;

  /// The delay before the next attempt; each call makes the next nominal delay longer.
  /// @param random01 a fresh uniform random number in [0, 1]; others are clamped into it.
  [[nodiscard]] std::chrono::milliseconds next(double random01) noexcept;

  /// The attempt succeeded: start from `min` again.
  void reset() noexcept;

  /// Calls of `next` since the start or the last `reset`.
  [[nodiscard]] std::uint64_t attempts() const noexcept { return attempts_; }

private:
  backoff_options options_;
  double nominal_ms_;
  std::uint64_t attempts_{0};
};

} // namespace prism
