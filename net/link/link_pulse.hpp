#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace prism::net {

/// Decides when a link pings its peer, and when it gives the peer up. A plain value, not
/// thread-safe.
class link_pulse {
public:
  struct options {
    std::chrono::milliseconds ping_interval{1'000};
    std::chrono::milliseconds silence_limit{3'000};
  };
  enum class finding : std::uint8_t {
    alive,
    silent, ///< no byte has come for the limit
    stuck   ///< the peer has taken none of ours for the limit
  };

  link_pulse(options limits, time_point now) : limits_(limits), heard_(now), ping_at_(now) {}

  /// Bytes came.
  void heard(time_point now) noexcept { heard_ = now; }
  /// Bytes were given to the connection, and then that it has taken them.
  void writing(time_point now) noexcept { writing_since_ = now; }
  void written() noexcept { writing_since_.reset(); }

  [[nodiscard]] finding check(time_point now) const noexcept;

  /// The number of the ping that is to be sent now; empty if none is.
  [[nodiscard]] std::optional<std::uint64_t> ping_due(time_point now) noexcept;

  /// The answer to a ping has come. @returns how long it took; empty if it is not that to the last.
  [[nodiscard]] std::optional<steady_clock::duration> answered(std::uint64_t number,
                                                               time_point now) noexcept;

  /// When to look again, at the latest.
  [[nodiscard]] time_point next_check() const noexcept;

private:
  options limits_;
  time_point heard_;
  std::optional<time_point> writing_since_;
  time_point ping_at_;
  time_point pinged_{}; // the last
  std::uint64_t ping_{0};
  bool answered_{true};
};

} // namespace prism::net
