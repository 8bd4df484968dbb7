#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace prism::tools {

/// What prismd tells systemd (sd_notify(3); unit with Type=notify). Does nothing if no service
/// manager listens, which NOTIFY_SOCKET says. Called by main's thread only; never waits.
class service_manager {
public:
  /// Sends one message, of lines NAME=VALUE. Tests give another one than sd_notify(3).
  using sender = std::function<void(const std::string&)>;

  /// To the service manager that started this process; watchdog as it asks for (WATCHDOG_USEC).
  service_manager();
  /// @param watchdog time without `alive` after which the service manager kills the process; 0: it
  ///        does not watch
  service_manager(sender send, std::chrono::microseconds watchdog);

  /// The start goes on, or waits for something that may take long: it must not be ended for that.
  /// To be called at least every few seconds; sends at most once in five.
  void starting(time_point now);

  /// The node has started.
  void ready();

  /// The node works on the wish that is named: the actors are being replaced, which may take as
  /// long as a database is away.
  void beginning_again(time_point now);

  /// Feeds the watchdog if there is a newer sign of life than the last time.
  /// @param sign when the actors last answered
  void alive(std::optional<time_point> sign);

  /// Shows a line in `systemctl status`, at most once in ten seconds, and only if it is another
  /// one.
  /// @param line called if it is time
  void status(time_point now, const std::function<std::string()>& line);

  /// The orderly stop begins, and takes `drain` at most: longer than the service manager would
  /// wait.
  void stopping(std::chrono::milliseconds drain);

private:
  sender send_;
  std::chrono::microseconds watchdog_;
  std::optional<time_point> fed_; // the sign of life
  std::optional<time_point> waited_;
  std::optional<time_point> shown_;
  std::string line_;
};

} // namespace prism::tools
