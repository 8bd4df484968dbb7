#pragma once

#include "core/clock.hpp"
#include "net/relay/ws_source_stats.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace prism::net {

/// Atomic form of `ws_source_stats`: written by the I/O thread, read by any thread. Each number is
/// exact; a snapshot is not atomic across numbers.
class ws_source_counters {
public:
  std::atomic<std::uint64_t> attempts{0};
  std::atomic<std::uint64_t> connects{0};
  std::array<std::atomic<std::uint64_t>, disconnect_reasons> disconnects{};
  std::atomic<std::uint64_t> frames{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> oversized{0};
  std::atomic<std::uint64_t> bad_messages{0};
  std::atomic<bool> connected{false};

  /// Reading stops (true) or resumes (false) at `now`.
  void stalled(bool stops, time_point now) noexcept;

  /// All numbers except `credit`.
  [[nodiscard]] ws_source_stats snapshot(time_point now) const noexcept;

private:
  static constexpr std::int64_t not_stalled = -1;
  std::atomic<std::uint64_t> stalls_{0};
  std::atomic<std::int64_t> stalled_ns_{0};
  // Start of the current stall in nanoseconds of the steady clock.
  std::atomic<std::int64_t> stalled_since_{not_stalled};
};

} // namespace prism::net
