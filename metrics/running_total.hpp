#pragma once

#include "metrics/bundles.hpp"

namespace prism::metrics {

/// Adds the total that an object counts from 0 to a counter that outlives the object. If the object
/// is replaced (an actor is restarted) and counts from 0 again, the counter continues. Several
/// totals may share a counter, which is then their sum. Not thread-safe.
class running_total {
public:
  explicit running_total(prometheus::Counter& counter) noexcept : counter_(&counter) {}

  /// @param total the current total; less than at the last call if the object was replaced
  void show(double total) noexcept {
    counter_->Increment(total < shown_ ? total : total - shown_);
    shown_ = total;
  }

private:
  prometheus::Counter* counter_;
  double shown_{0};
};

/// The same for a cache. The destructor subtracts its entries from the gauge.
class shown_cache {
public:
  explicit shown_cache(const cache_metrics& out) noexcept
      : hits_(*out.hits), misses_(*out.misses), evictions_(*out.evictions), entries_(out.entries) {}
  ~shown_cache() { entries_->Decrement(shown_entries_); }
  shown_cache(const shown_cache&) = delete;
  shown_cache& operator=(const shown_cache&) = delete;

  template <class Number>
  void show(Number hits, Number misses, Number evictions, std::size_t entries) noexcept {
    hits_.show(static_cast<double>(hits));
    misses_.show(static_cast<double>(misses));
    evictions_.show(static_cast<double>(evictions));
    const auto now = static_cast<double>(entries);
    entries_->Increment(now - shown_entries_);
    shown_entries_ = now;
  }

  /// For an `lru_cache`.
  template <class Cache>
  void show(const Cache& from) noexcept {
    show(from.hits(), from.misses(), from.evictions(), from.size());
  }

private:
  running_total hits_;
  running_total misses_;
  running_total evictions_;
  prometheus::Gauge* entries_;
  double shown_entries_{0};
};

} // namespace prism::metrics
