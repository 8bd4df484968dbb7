#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <cstdint>

namespace prism {

/// When a `circuit_breaker` opens and for how long.
struct circuit_options {
  /// Failures in a row that open it. 0 is taken as 1.
  std::uint32_t failures{5};
  /// How long it stays open the first time; doubled each time a probe fails.
  std::chrono::milliseconds pause{30'000};
  /// Longest time open.
  std::chrono::milliseconds max_pause{600'000};
};

/// Stops requests to a server that keeps failing, until a probe succeeds. A plain value: the clock
/// is passed in. Every `allow` that returned true is followed by one `succeeded`, `failed` or
/// `abandoned`.
///
/// Any answer of the server is a success, even "not found": otherwise requests for things that do
/// not exist would block those for things that do.
class circuit_breaker {
public:
  enum class state : std::uint8_t {
    closed,   ///< all requests are allowed
    open,     ///< none is allowed until the pause is over
    half_open ///< one probe is in flight, and decides
  };

  explicit circuit_breaker(circuit_options options = {}) noexcept
      : options_(options), pause_(options.pause) {}

  /// Whether a request may be made now. After the pause, the first one is the probe.
  [[nodiscard]] bool allow(time_point now) noexcept {
    if (state_ == state::open && now >= open_until_) {
      state_ = state::half_open;
      return true;
    }
    return state_ == state::closed;
  }

  /// The request was answered.
  void succeeded() noexcept {
    state_ = state::closed;
    failures_ = 0;
    pause_ = options_.pause;
  }

  /// The request was not answered.
  void failed(time_point now) noexcept {
    ++failures_;
    if (state_ == state::half_open)
      pause_ = pause_ * 2 < options_.max_pause ? pause_ * 2 : options_.max_pause;
    else if (state_ == state::open || failures_ < options_.failures)
      return;
    state_ = state::open;
    open_until_ = now + pause_;
  }

  /// The request ended without a result; if it was the probe, the next request is.
  void abandoned(time_point now) noexcept {
    if (state_ != state::half_open)
      return;
    state_ = state::open;
    open_until_ = now;
  }

  [[nodiscard]] state current() const noexcept { return state_; }

private:
  circuit_options options_;
  state state_{state::closed};
  std::uint32_t failures_{0};
  std::chrono::milliseconds pause_;
  time_point open_until_{};
};

} // namespace prism
