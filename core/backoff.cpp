#include "core/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace prism {

namespace {

// The comparison is false for NaN, which gives `low`.
double clamped(double value, double low, double high) noexcept {
  return value > low ? std::min(value, high) : low;
}

} // namespace

expected<void> validate(const backoff_options& options) {
  if (options.min <= std::chrono::milliseconds{0})
    return fail(errc::invalid, "backoff min is {} ms, must be positive", options.min.count());
  if (options.max < options.min)
    return fail(errc::invalid, "backoff max of {} ms is below its min of {} ms",
                options.max.count(), options.min.count());
  if (!(options.factor >= 1.0) || std::isinf(options.factor))
    return fail(errc::invalid, "backoff factor is {}, must be at least 1", options.factor);
  if (!(options.jitter >= 0.0 && options.jitter <= 1.0))
    return fail(errc::invalid, "backoff jitter is {}, must be in 0..1", options.jitter);
  return {};
}

backoff::backoff(backoff_options options) noexcept : options_(options), nominal_ms_(0) {
  options_.min = std::max(options_.min, std::chrono::milliseconds{1});
  options_.max = std::max(options_.max, options_.min);
  options_.factor = clamped(options_.factor, 1.0, 1e6);
  options_.jitter = clamped(options_.jitter, 0.0, 1.0);
  reset();
}

std::chrono::milliseconds backoff::next(double random01) noexcept {
  const double random_part = nominal_ms_ * options_.jitter * clamped(random01, 0.0, 1.0);
  const double delay = nominal_ms_ * (1.0 - options_.jitter) + random_part;
  nominal_ms_ = std::min(nominal_ms_ * options_.factor, static_cast<double>(options_.max.count()));
  ++attempts_;
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::llround(delay))};
}

void backoff::reset() noexcept {
  nominal_ms_ = static_cast<double>(options_.min.count());
  attempts_ = 0;
}

} // namespace prism
