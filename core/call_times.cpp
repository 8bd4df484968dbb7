#include "core/call_times.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace prism {

namespace {

constexpr double first_us = 10;
constexpr double per_octave = 4;

[[nodiscard]] double microseconds(steady_clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

} // namespace

void call_times::add(steady_clock::duration took) noexcept {
  const auto us = microseconds(took);
  const auto steps = us <= first_us ? 0.0 : std::ceil(per_octave * std::log2(us / first_us));
  ++counts_[std::min(static_cast<std::size_t>(steps), buckets - 1)];
  ++count_;
  longest_ = std::max(longest_, took);
}

void call_times::add(const call_times& others) noexcept {
  for (std::size_t i = 0; i < buckets; ++i)
    counts_[i] += others.counts_[i];
  count_ += others.count_;
  longest_ = std::max(longest_, others.longest_);
}

steady_clock::duration call_times::quantile(double share) const noexcept {
  if (count_ == 0)
    return {};
  const auto wanted = std::max(1.0, std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 1 < buckets; ++i) {
    seen += counts_[i];
    if (static_cast<double>(seen) < wanted)
      continue;
    const auto bound = first_us * std::exp2(static_cast<double>(i) / per_octave);
    return std::min(longest_, std::chrono::duration_cast<steady_clock::duration>(
                                  std::chrono::duration<double, std::micro>(bound)));
  }
  return longest_;
}

} // namespace prism
