#pragma once

namespace prism {

/// With which code prismd ends. The numbers follow sysexits.h where it has one that fits; a
/// service manager goes by them (systemd: RestartPreventExitStatus=64 76 78).
enum class exit_code : int {
  /// Stopped as requested, or caught up with `until-caught-up-ms`.
  success = 0,
  /// The command line is wrong (EX_USAGE). A restart does not help.
  usage = 64,
  /// The start failed for its database, or the private PostgreSQL died too often (EX_UNAVAILABLE).
  unavailable = 69,
  /// The root supervisor gave up: an actor failed too often (EX_SOFTWARE). Restart.
  gave_up = 70,
  /// Stopped as requested, but not everything was committed within `drain-timeout-ms`
  /// (EX_TEMPFAIL). Nothing is lost; the next start continues.
  drain_timeout = 75,
  /// Another prismd has joined the cluster under this node's name. A restart would replace that one
  /// in turn, so it must not be automatic. (EX_PROTOCOL, which nothing else here uses.)
  replaced = 76,
  /// The settings are wrong, or do not fit the relay or the database: its version or its encoding
  /// (EX_CONFIG). A restart does not help.
  configuration = 78
};

/// The number for the operating system.
[[nodiscard]] constexpr int to_int(exit_code code) noexcept {
  return static_cast<int>(code);
}

} // namespace prism
