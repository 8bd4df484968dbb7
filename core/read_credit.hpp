#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace prism {

/// How much may be in the window and under way to it.
struct read_limits {
  std::uint64_t frames{1};
  std::uint64_t bytes{1};
  std::uint64_t frame_bytes{1}; ///< the largest frame there may be; not 0
  std::uint64_t ahead{1};       ///< maximum frames granted and not read yet
};

/// How much is in the window, and how many frames the reader may still read.
struct read_state {
  std::uint64_t frames{0};
  std::uint64_t bytes{0};
  std::uint64_t granted{0};
};

/// How many more frames the reader may read. Credit counts frames, not bytes, so each is assumed to
/// be as large as a frame can be, and the limit of bytes is exceeded by less than one frame: the
/// last frame is granted while there is any room, or a limit below the size of a frame would stop
/// everything. Less than a quarter of the total grant is not worth a message and gives 0, unless
/// the reader has no credit left. Pure.
[[nodiscard]] constexpr std::uint64_t frames_to_grant(const read_limits& limits,
                                                      const read_state& now) noexcept {
  const auto room = [](std::uint64_t limit, std::uint64_t used) {
    return limit > used ? limit - used : 0;
  };
  if (now.bytes >= limits.bytes)
    return 0;
  auto by_bytes =
      room(limits.bytes, now.bytes + now.granted * limits.frame_bytes) / limits.frame_bytes;
  if (now.granted == 0)
    by_bytes = std::max<std::uint64_t>(by_bytes, 1);
  const auto more = std::min({by_bytes, room(limits.frames, now.frames + now.granted),
                              room(std::max<std::uint64_t>(limits.ahead, 1), now.granted)});
  const bool worth_it = now.granted == 0 || more >= (now.granted + more) / 4;
  return worth_it ? more : 0;
}

} // namespace prism
