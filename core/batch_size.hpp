#pragma once

#include <algorithm>
#include <cstddef>

namespace prism {

/// How many of the waiting frames go into the next batch: all that came while the previous one was
/// in the database, up to a cap. So an idle node commits each frame at once, and one that is behind
/// pays for a transaction once in `cap` frames.
/// @param waiting frames that could be taken now.
/// @param cap most frames in a batch; 0 is taken as 1, since a batch of none would never end.
/// @returns 0 only if nothing waits, else 1 to `cap`.
[[nodiscard]] constexpr std::size_t batch_size(std::size_t waiting, std::size_t cap) noexcept {
  return std::min(waiting, std::max<std::size_t>(cap, 1));
}

} // namespace prism
