#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace prism {

/// What may be read and not be done with.
struct read_limits {
  std::uint64_t frames{1};
  std::uint64_t bytes{1};
  std::uint64_t frame_bytes{1}; ///< the largest frame there may be; not 0
  std::uint64_t ahead{1};       ///< most frames the reader may be allowed at a time
};

/// What was read and is not done with, and what the reader may still read.
struct read_state {
  std::uint64_t frames{0};
  std::uint64_t bytes{0};
  std::uint64_t granted{0};
};

/// How many frames more the reader may read. It counts frames, not bytes, so each is taken to be as
/// large as a frame can be, and what it reads never goes over the limit of bytes by more than a
/// part of one frame: the last one is granted while there is any room, or a limit below the size of
/// a frame would stop everything. In portions of a quarter of what may be out, so that a busy
/// reader does not cost a message for each frame.
/// Pure; a reader that has nothing is granted something whenever there is room.
[[nodiscard]] constexpr std::uint64_t frames_to_grant(const read_limits& limits,
                                                      const read_state& now) noexcept {
  const auto rest = [](std::uint64_t limit, std::uint64_t used) {
    return limit > used ? limit - used : 0;
  };
  if (now.bytes >= limits.bytes)
    return 0;
  auto by_bytes =
      rest(limits.bytes, now.bytes + now.granted * limits.frame_bytes) / limits.frame_bytes;
  if (now.granted == 0)
    by_bytes = std::max<std::uint64_t>(by_bytes, 1);
  const auto more = std::min({by_bytes, rest(limits.frames, now.frames + now.granted),
                              rest(std::max<std::uint64_t>(limits.ahead, 1), now.granted)});
  const bool worth_it = now.granted == 0 || more >= (now.granted + more) / 4;
  return worth_it ? more : 0;
}

} // namespace prism
