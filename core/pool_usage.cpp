#include "core/pool_usage.hpp"

#include <algorithm>

namespace prism {

namespace {

constexpr double percent = 100.0;

[[nodiscard]] pool_usage_options clamped(pool_usage_options options) {
  options.max = std::max<std::size_t>(options.max, 1);
  options.samples = std::max<std::size_t>(options.samples, 1);
  return options;
}

} // namespace

std::string_view to_string(pool_level level) noexcept {
  switch (level) {
  case pool_level::normal:
    return "normal";
  case pool_level::warning:
    return "warning";
  case pool_level::critical:
    return "critical";
  }
  return "unknown";
}

expected<void> validate(const pool_usage_options& options) {
  if (options.max == 0 || options.samples == 0)
    return fail(errc::invalid, "pool_usage of {} sessions and {} samples, both must be positive",
                options.max, options.samples);
  if (!(options.warning > 0 && options.warning <= options.critical && options.critical <= 1))
    return fail(errc::invalid,
                "pool thresholds are {} and {}, must be 0 < warning <= critical <= 1",
                options.warning, options.critical);
  return {};
}

pool_usage::pool_usage(pool_usage_options options)
    : options_(clamped(options)), lines_(options_.repeat, 2) {}

std::vector<pool_line> pool_usage::add(const pool_sample& sample, time_point now) {
  samples_.push_back({now, sample});
  if (samples_.size() > options_.samples)
    samples_.pop_front();
  const bool starves = sample.idle == 0 && sample.waiting > 0;
  exhaustion_events_ += starves && !starving_ ? 1 : 0;
  starving_ = starves;

  std::vector<pool_line> out;
  const auto used = utilization() * percent;
  const auto now_at = level();
  if (now_at == pool_level::critical && lines_.allow(now_at, now))
    out.push_back({now_at, fmt::format("[PoolMonitor] CRITICAL: Pool {:.1f}% utilized, {} waiting",
                                       used, sample.waiting)});
  else if (now_at == pool_level::warning && lines_.allow(now_at, now))
    out.push_back({now_at, fmt::format("[PoolMonitor] WARNING: Pool {:.1f}% utilized", used)});
  // The first one comes after a whole interval: a pool at the start says nothing.
  if (!status_at_)
    status_at_ = now + options_.status_every;
  if (now >= *status_at_) {
    status_at_ = now + options_.status_every;
    out.push_back({pool_level::normal, status_line()});
  }
  return out;
}

double pool_usage::utilization() const noexcept {
  return samples_.empty() ? 0 : share(samples_.back().sample);
}

std::optional<double> pool_usage::average(time_point now, steady_clock::duration window) const {
  double sum = 0;
  std::size_t count = 0;
  for (const auto& each : samples_)
    if (now - each.at <= window) {
      sum += share(each.sample);
      ++count;
    }
  if (count == 0)
    return std::nullopt;
  return sum / static_cast<double>(count);
}

std::optional<double> pool_usage::average() const {
  return average(time_point{}, steady_clock::duration::max());
}

pool_level pool_usage::level() const noexcept {
  const auto used = utilization();
  if (used >= options_.critical)
    return pool_level::critical;
  return used >= options_.warning ? pool_level::warning : pool_level::normal;
}

double pool_usage::share(const pool_sample& of) const noexcept {
  return static_cast<double>(of.active) / static_cast<double>(options_.max);
}

std::string pool_usage::status_line() const {
  const auto& now = samples_.back().sample;
  return fmt::format("[PoolMonitor] Status: {} active, {} idle, {} waiting, {} open of {}; {:.1f}% "
                     "utilized, {:.1f}% over the last {} samples, exhausted {} times",
                     now.active, now.idle, now.waiting, now.total, options_.max,
                     utilization() * percent, average().value_or(0) * percent, samples_.size(),
                     exhaustion_events_);
}

} // namespace prism
