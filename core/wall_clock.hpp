#pragma once

#include <chrono>
#include <cstdint>

namespace prism {

/// The time since 1970 by the clock of this host, for what is shown or stored as a time. It may go
/// back: what waits or is put in order uses `steady_clock` (core/clock.hpp).

/// In microseconds.
[[nodiscard]] inline std::int64_t micros_since_1970() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// In seconds, as Prometheus wants them.
[[nodiscard]] inline double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace prism
