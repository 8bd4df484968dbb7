#pragma once

#include "records.hpp"

namespace prism::synth {

/// What the clock of an account's host shows. It stamps the host's events; everything else (revs,
/// rkeys, createdAt) follows the time of the network.
enum class host_clock {
  right,
  behind,  ///< by 30 days
  ahead,   ///< by 70 years
  jumping, ///< each event anew: by up to 30 days either way, or by up to 70 years ahead
  frozen,  ///< at the time of its first event
  equal,   ///< at one moment, the same for all hosts of this kind
};
inline constexpr int host_clock_count = 6;

/// What a clock shows.
/// @param now time of the network. @param first time of the host's first event.
/// @param random64 any number; used by a jumping clock only.
[[nodiscard]] constexpr micros shown_by(host_clock clock, micros now, micros first,
                                        std::uint64_t random64) noexcept {
  constexpr micros millisecond = 1000;
  constexpr micros day = 86'400'000'000;
  constexpr micros years = 70 * 365 * day;
  constexpr micros earliest = -30 * day;
  switch (clock) {
  case host_clock::right:
    break;
  case host_clock::behind:
    return now + earliest;
  case host_clock::ahead:
    return now + years;
  case host_clock::jumping:
    return now + earliest +
           static_cast<micros>(random64 / 2 %
                               ((random64 % 2 == 0 ? 60 * day : years) / millisecond)) *
               millisecond;
  case host_clock::frozen:
    return first;
  case host_clock::equal:
    return 1'700'000'000'000'000; // 2023-11-14T22:13:20Z
  }
  return now;
}

} // namespace prism::synth
