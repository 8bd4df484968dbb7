#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <optional>

namespace prism::net {

/// Decides when a silent peer counts as dead. A plain value: callers pass the time.
///
/// Any sign of life (data, ping or pong) postpones the deadline, but not that of a message that has
/// begun: it has to be complete within the same time, or a peer that drips a byte now and then
/// would hold the connection for ever. While the owner does not read, it receives nothing, so the
/// watchdog is suspended and restarts when reading resumes. Time in which the owner itself does not
/// run, as on a suspended machine, does not count as silence.
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

  /// The first bytes of a message have arrived.
  void message_began(time_point now) noexcept { message_deadline_ = now + timeout_; }

  /// It is complete.
  void message_ended() noexcept { message_deadline_.reset(); }

  /// The owner stops reading, between two messages: silence no longer counts.
  void suspend() noexcept {
    deadline_.reset();
    message_deadline_.reset();
  }

  /// The owner reads again: a full timeout begins. No effect unless suspended.
  void resume(time_point now) noexcept {
    if (!deadline_)
      deadline_ = now + timeout_;
  }

  /// The owner planned to check at `due` but ran only at `now`.
  void overslept(time_point due, time_point now) noexcept {
    if (deadline_ && now > due)
      *deadline_ += now - due;
    if (message_deadline_ && now > due)
      *message_deadline_ += now - due;
  }

  /// When the peer counts as dead if it stays silent, or its message incomplete; empty while
  /// suspended.
  [[nodiscard]] std::optional<time_point> deadline() const noexcept {
    return deadline_ && message_deadline_ ? std::min(*deadline_, *message_deadline_) : deadline_;
  }

  /// The peer has been silent for the whole timeout, or has not completed its message in it.
  [[nodiscard]] bool expired(time_point now) const noexcept {
    return deadline().has_value() && now >= *deadline();
  }

  /// Whether it is the message that was not completed.
  [[nodiscard]] bool message_expired(time_point now) const noexcept {
    return message_deadline_.has_value() && now >= *message_deadline_;
  }

private:
  steady_clock::duration timeout_;
  std::optional<time_point> deadline_;
  std::optional<time_point> message_deadline_;
};

} // namespace prism::net
