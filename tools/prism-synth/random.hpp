#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace prism::synth {

/// A stream of numbers that depends on its seed only (SplitMix64), on every machine.
class random_source {
public:
  explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

  [[nodiscard]] std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15U;
    auto value = state_;
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31U);
  }

  /// 0 to count - 1; 0 if count is 0.
  [[nodiscard]] std::size_t below(std::size_t count) noexcept {
    return count == 0 ? 0 : static_cast<std::size_t>(next() % count);
  }

  /// True in `percent` of 100 cases.
  [[nodiscard]] bool chance(double percent) noexcept { return unit() * 100 < percent; }

  /// [0, 1).
  [[nodiscard]] double unit() noexcept {
    constexpr double steps = 9007199254740992.0; // 2^53
    return static_cast<double>(next() >> 11U) / steps;
  }

  /// 0 to count - 1, low ones far more often: about Zipf's law with exponent 1, as popularity in
  /// social networks.
  [[nodiscard]] std::size_t popular(std::size_t count) noexcept {
    if (count < 2)
      return 0;
    const double rank = std::pow(static_cast<double>(count), unit()) - 1;
    return static_cast<std::size_t>(rank) % count;
  }

private:
  std::uint64_t state_;
};

} // namespace prism::synth
