#pragma once

#include "core/clock.hpp"
#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace prism {

/// The sender's side of one bounded channel: at most `capacity` units are in flight to the receiver
/// or queued there. A unit is what both sides count: messages, frames or bytes.
///
/// Invariant: `in_flight() + available() == capacity()`. Not thread-safe: the sender owns it.
class credit_window {
public:
  /// @param capacity units that the receiver grants; 0, which would block for ever, is taken as 1.
  explicit credit_window(std::size_t capacity) noexcept;

  /// Takes `n` units for a message about to be sent. False: there is not enough credit, nothing
  /// was taken, and the sender is *stalled* until enough is returned.
  /// @pre `n <= capacity()`; a larger `n` can never be granted.
  [[nodiscard]] bool try_take(std::size_t n, time_point now) noexcept;

  /// The receiver has processed `n` units. Error `errc::invalid`, without effect, if fewer are in
  /// flight: a protocol error between the two sides.
  [[nodiscard]] expected<void> give_back(std::size_t n, time_point now);

  /// The receiver is gone, and what was in flight with it: everything may be sent again.
  /// @returns the units that were in flight.
  std::size_t reset(time_point now) noexcept;

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] std::size_t available() const noexcept { return capacity_ - in_flight_; }

  /// Whether the sender was refused credit and there is still not enough.
  [[nodiscard]] bool stalled() const noexcept { return wanted_ != 0; }

  /// How often a stall began.
  [[nodiscard]] std::uint64_t times_exhausted() const noexcept { return times_exhausted_; }

  /// Total time spent stalled, including the current stall.
  [[nodiscard]] steady_clock::duration time_stalled(time_point now) const noexcept;

private:
  void end_stall(time_point now) noexcept;

  std::size_t capacity_;
  std::size_t in_flight_{0};
  std::size_t wanted_{0}; // units refused; 0 = not stalled
  time_point stalled_since_{};
  steady_clock::duration stalled_total_{0};
  std::uint64_t times_exhausted_{0};
};

} // namespace prism
