#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace prism::metrics {

/// What is seen of one channel: the units under way, the most that may be, and for how long it was
/// full. It limits nothing: the sender does. All senders of the channel share one. Thread-safe;
/// read by any thread, also while the actors at its ends are stuck.
class bounded_channel {
public:
  struct reading {
    std::size_t depth{0};
    std::size_t capacity{0};
    std::uint64_t times_full{0};
    steady_clock::duration full{0}; ///< in total, with the time since it became full
  };

  /// @param capacity units; 0: not known, and the channel is never full.
  explicit bounded_channel(std::size_t capacity) noexcept : capacity_(capacity) {}

  void add(std::size_t units, time_point now);
  /// Units beyond the depth are ignored.
  void remove(std::size_t units, time_point now);
  void set_depth(std::size_t units, time_point now);
  [[nodiscard]] reading read(time_point now) const;

private:
  void change(std::size_t depth, time_point now) noexcept;
  [[nodiscard]] bool is_full() const noexcept { return capacity_ > 0 && depth_ >= capacity_; }

  mutable std::mutex mutex_;
  const std::size_t capacity_;
  std::size_t depth_{0};
  std::uint64_t times_full_{0};
  time_point full_since_{};
  steady_clock::duration full_total_{0};
};

/// One unit in a channel until `leave` or the destructor: of a request, whose callbacks hold it, so
/// that it leaves with an actor that ends. May be without a channel. Any thread, one at a time.
class channel_unit {
public:
  explicit channel_unit(std::shared_ptr<bounded_channel> channel);
  ~channel_unit() { leave(); }
  channel_unit(const channel_unit&) = delete;
  channel_unit& operator=(const channel_unit&) = delete;
  void leave();

private:
  std::shared_ptr<bounded_channel> channel_; // null when it has left
};

} // namespace prism::metrics
