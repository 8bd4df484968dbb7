#include "core/credit.hpp"

#include <algorithm>

namespace prism {

credit_window::credit_window(std::size_t capacity) noexcept
    : capacity_(std::max<std::size_t>(capacity, 1)) {}

bool credit_window::try_take(std::size_t n, time_point now) noexcept {
  if (n <= available()) {
    in_flight_ += n;
    end_stall(now);
    return true;
  }
  if (!stalled()) {
    stalled_since_ = now;
    ++times_exhausted_;
  }
  wanted_ = n;
  return false;
}

expected<void> credit_window::give_back(std::size_t n, time_point now) {
  if (n > in_flight_)
    return fail(errc::invalid, "{} units of credit given back, but only {} of {} were in flight", n,
                in_flight_, capacity_);
  in_flight_ -= n;
  if (wanted_ <= available())
    end_stall(now);
  return {};
}

std::size_t credit_window::reset(time_point now) noexcept {
  const auto lost = in_flight_;
  in_flight_ = 0;
  if (wanted_ <= available())
    end_stall(now);
  return lost;
}

steady_clock::duration credit_window::time_stalled(time_point now) const noexcept {
  if (!stalled() || now < stalled_since_)
    return stalled_total_;
  return stalled_total_ + (now - stalled_since_);
}

void credit_window::end_stall(time_point now) noexcept {
  stalled_total_ = time_stalled(now);
  wanted_ = 0;
}

} // namespace prism
