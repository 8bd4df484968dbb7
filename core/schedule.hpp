#pragma once

#include "core/clock.hpp"
#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// A periodic job.
struct scheduled_job {
  std::string name; ///< unique within its schedule
  /// From the end of one run to the next. Positive.
  std::chrono::milliseconds interval{60'000};
  /// From the start of the schedule to the first run; 0 or more.
  std::chrono::milliseconds first{0};
  /// Random share of each wait, 0 to 1: a wait of d is in [d * (1 - jitter), d], so that jobs of
  /// one interval, and those of several nodes, do not run at the same time.
  double jitter{0.1};
};

/// When each of several jobs is due, without timers or random sources. A running job is never due,
/// so runs of one job do not overlap. Not thread-safe.
class schedule {
public:
  /// Error `errc::invalid`: an empty or repeated name, an interval or delay out of range.
  [[nodiscard]] static expected<schedule> make(std::vector<scheduled_job> jobs);

  /// Sets the first run of every job. `random01` is called once per job; uniform in [0, 1].
  template <class Random>
  void start(time_point now, Random&& random01) {
    for (auto& each : entries_)
      each.next = now + jittered(each.job.first, each.job.jitter, random01());
  }

  /// The job that has been due for the longest time, which is running from now on; empty if none is
  /// due.
  [[nodiscard]] std::optional<std::string> take_due(time_point now);

  /// A run has ended, successfully or not; the next one is due after the interval.
  /// Error `errc::not_found` for an unknown name, `errc::invalid` for a job that is not running.
  [[nodiscard]] expected<void> finished(std::string_view name, time_point now, double random01);

  /// Makes a job due now. @returns false if there is no such job, or it is running.
  bool set_due(std::string_view name, time_point now) noexcept;

  /// When this job becomes due; empty while it is running, or if there is no such job.
  [[nodiscard]] std::optional<time_point> next_of(std::string_view name) const noexcept;

  /// When the next job becomes due; empty while all are running.
  [[nodiscard]] std::optional<time_point> next() const noexcept;

private:
  struct entry {
    scheduled_job job;
    time_point next{};
    bool running{false};
  };

  explicit schedule(std::vector<scheduled_job> jobs);
  [[nodiscard]] static steady_clock::duration jittered(std::chrono::milliseconds wait,
                                                       double jitter, double random01) noexcept;

  std::vector<entry> entries_;
};

} // namespace prism
