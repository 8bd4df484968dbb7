#pragma once

#include "core/clock.hpp"

#include <optional>

namespace prism::net {

/// Decides when a silent peer counts as dead. A plain value: callers pass the time.
///
/// Any sign of life (data, ping or pong) postpones the deadline. While the owner does not read, it
/// receives nothing, so the watchdog is suspended and restarts when reading resumes. Time in which
/// the owner itself does not run, as on a suspended machine, does not count as silence.
class idle_watchdog {
public:
  /// @param timeout silence after which the peer counts as dead. @param now start of the first
  /// period.
  idle_watchdog(steady_clock::duration timeout, time_point now) noexcept
      : timeout_(timeout), deadline_(now + timeout) {}

  /// The peer gave a sign of life. Ignored while suspended.
  void heard(time_point now) noexcept {
    if (deadline_)
      deadline_ = now + timeout_;
  }

  /// The owner stops reading: silence no longer counts.
  void suspend() noexcept { deadline_.reset(); }

  /// The owner reads again: a full timeout begins. No effect unless suspended.
  void resume(time_point now) noexcept {
    if (!deadline_)
      deadline_ = now + timeout_;
  }

  /// The owner planned to check at `due` but ran only at `now`.
  void overslept(time_point due, time_point now) noexcept {
    if (deadline_ && now > due)
      *deadline_ += now - due;
  }

  /// When the peer counts as dead if it stays silent; empty while suspended.
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
