#pragma once

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/rate_limited.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// The state of a pool at one moment.
struct pool_sample {
  std::size_t active{0};  ///< sessions with a job
  std::size_t idle{0};    ///< sessions that are open and free
  std::size_t waiting{0}; ///< jobs without a session
  std::size_t total{0};   ///< sessions

  friend bool operator==(const pool_sample&, const pool_sample&) = default;
};

/// How full a pool is.
enum class pool_level { normal, warning, critical };

/// The lower-case name for status output.
[[nodiscard]] std::string_view to_string(pool_level level) noexcept;

struct pool_usage_options {
  /// Most sessions; utilisation is active / max. At least 1.
  std::size_t max{40};
  /// Shares of `max` at which it becomes a warning, and critical. 0 < warning <= critical <= 1.
  double warning{0.80};
  double critical{0.95};
  /// Samples kept for the averages. At least 1.
  std::size_t samples{100};
  /// Least time between two lines of one level.
  std::chrono::milliseconds repeat{60'000};
  /// Between two status lines.
  std::chrono::milliseconds status_every{60'000};
};

/// Says which field of `options` is outside its range, if any. Error: `errc::invalid`.
[[nodiscard]] expected<void> validate(const pool_usage_options& options);

/// A line for the log.
struct pool_line {
  pool_level level{pool_level::normal};
  std::string text;

  friend bool operator==(const pool_line&, const pool_line&) = default;
};

/// Recent use of a pool: samples in, averages and log lines out. Writes nothing and reads no clock.
/// Not thread-safe.
class pool_usage {
public:
  /// Options out of range are clamped; see `validate`.
  explicit pool_usage(pool_usage_options options);

  /// Takes one sample and says what to log about it now: at most one line of a level per `repeat`,
  /// one status line per `status_every`. Samples come in the order of time.
  [[nodiscard]] std::vector<pool_line> add(const pool_sample& sample, time_point now);

  /// Share of `max` that was at work in the latest sample; 0 without one.
  [[nodiscard]] double utilization() const noexcept;

  /// Mean utilisation of the samples kept that are not older than `window` before `now`; without
  /// a window, of all that are kept. Empty if there are none.
  [[nodiscard]] std::optional<double> average(time_point now, steady_clock::duration window) const;
  [[nodiscard]] std::optional<double> average() const;

  [[nodiscard]] pool_level level() const noexcept;

  /// How often a starving sample followed one that was not: jobs wait and no session is free.
  [[nodiscard]] std::uint64_t exhaustion_events() const noexcept { return exhaustion_events_; }

  /// Samples kept now.
  [[nodiscard]] std::size_t size() const noexcept { return samples_.size(); }

private:
  struct entry {
    time_point at;
    pool_sample sample;
  };

  [[nodiscard]] double share(const pool_sample& of) const noexcept;
  [[nodiscard]] std::string status_line() const;

  pool_usage_options options_;
  std::deque<entry> samples_;
  rate_limited<pool_level> lines_;
  std::optional<time_point> status_at_;
  bool starving_{false};
  std::uint64_t exhaustion_events_{0};
};

} // namespace prism
