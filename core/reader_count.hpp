#pragma once

#include <algorithm>
#include <cstdint>

namespace prism {

/// Most readers without an option that says more.
inline constexpr std::uint64_t max_default_readers = 8;

/// How many readers answer calls of the data plane if no option says it: enough to keep each
/// processor at work while answers are encoded, but so few that they leave processors to the
/// writers, whose database is often on this machine.
/// @param processors of this machine; 0: unknown
[[nodiscard]] constexpr std::uint64_t default_readers(std::uint64_t processors) noexcept {
  return processors == 0 ? max_default_readers : std::min(2 * processors, max_default_readers);
}

} // namespace prism
