#pragma once

#include "atproto/frame/frame.hpp"
#include "core/clock.hpp"
#include "core/rate_limited.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace prism {

/// Logs what frames without a shard say: `#info` notices, errors with which the relay ends the
/// stream, and types that this version does not know; one line of each kind in ten seconds. For one
/// thread.
class relay_notices {
public:
  /// Does nothing for other frames. @param data the whole frame, of which `peeked` was read.
  /// @returns whether it is the relay's refusal of our cursor (FutureCursor).
  [[nodiscard]] bool log(std::span<const std::byte> data, const atproto::frame_peek& peeked,
                         time_point now);

private:
  enum class line : std::uint8_t {
    undecodable,
    outdated_cursor,
    info,
    future_cursor,
    error,
    unknown
  };
  void log_info(const atproto::info_frame& info, time_point now);
  [[nodiscard]] bool log_error(const atproto::error_frame& problem, time_point now);

  rate_limited<line> lines_{std::chrono::seconds{10}, 6};
};

} // namespace prism
