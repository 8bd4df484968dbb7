#include "net/relay/ws_source_counters.hpp"

#include <algorithm>

namespace prism::net {

namespace {

std::int64_t nanoseconds(time_point moment) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(moment.time_since_epoch()).count();
}

} // namespace

void ws_source_counters::stalled(bool stops, time_point now) noexcept {
  if (stops) {
    ++stalls_;
    stalled_since_ = nanoseconds(now);
    return;
  }
  // In this order a concurrent snapshot briefly omits a period instead of counting it twice.
  const auto since = stalled_since_.exchange(not_stalled);
  stalled_ns_ += std::max<std::int64_t>(0, nanoseconds(now) - since);
}

ws_source_stats ws_source_counters::snapshot(time_point now) const noexcept {
  ws_source_stats stats;
  stats.attempts = attempts;
  stats.connects = connects;
  for (std::size_t i = 0; i < disconnect_reasons; ++i)
    stats.disconnects[i] = disconnects[i];
  stats.frames = frames;
  stats.bytes = bytes;
  stats.batches = batches;
  stats.oversized = oversized;
  stats.bad_messages = bad_messages;
  stats.connected = connected;
  stats.stalls = stalls_;
  std::int64_t stalled_ns = stalled_ns_;
  if (const auto since = stalled_since_.load(); since != not_stalled)
    stalled_ns += std::max<std::int64_t>(0, nanoseconds(now) - since);
  stats.stalled = std::chrono::nanoseconds{stalled_ns};
  return stats;
}

} // namespace prism::net
