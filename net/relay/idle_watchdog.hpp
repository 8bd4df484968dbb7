#pragma once

#include "core/clock.hpp"

#include <optional>

namespace prism::net {

/// Decides when a silent peer counts as dead. A plain value: the clock is passed in.
///
/// Any sign of life (data, ping or pong) puts the deadline off. While the owner does not read, it
/// cannot hear anything, so the watchdog is suspended and starts anew when reading resumes. Nor can
/// it while it stands still itself, as a whole machine may: that time does not count as silence.
class idle_watchdog {
public:
  /// @param timeout silence that is still bearable. @param now start of the first silence.
  idle_watchdog(steady_clock::duration timeout, time_point now) noexcept
      : timeout_(timeout), deadline_(now + timeout) {}

  /// The peer gave a sign of life. Ignored while suspended.
  void heard(time_point now) noexcept {
    if (deadline_)
      deadline_ = now + timeout_;
  }

  /// The owner stops reading: silence means nothing from here on.
  void suspend() noexcept { deadline_.reset(); }

  /// The owner reads again: a full timeout begins. No effect unless suspended.
  void resume(time_point now) noexcept {
    if (!deadline_)
      deadline_ = now + timeout_;
  }

  /// The owner meant to look at the clock at `due`, and did so at `now` only.
  void overslept(time_point due, time_point now) noexcept {
    if (deadline_ && now > due)
      *deadline_ += now - due;
  }

  /// When the peer will count as dead if it stays silent; empty while suspended.
  [[nodiscard]] std::optional<time_point> deadline() const noexcept { return deadline_; }

  /// The peer has been silent for the whole timeout.
  [[nodiscard]] bool expired(time_point now) const noexcept {
    return deadline_.has_value() && now >= *deadline_;
  }

private:
  steady_clock::duration timeout_;
  std::optional<time_point> deadline_;
};

} // namespace prism::net
