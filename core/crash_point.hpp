#pragma once

#include "core/error.hpp"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace prism {

/// Places at which a test can have the process killed, to prove that the next start goes on
/// exactly.
enum class crash_point : std::uint8_t {
  none,
  after_decode,    ///< a batch was built of its frames
  before_commit,   ///< a batch's last statement was done, its COMMIT was not sent
  after_commit,    ///< the server has committed a batch, nobody was told
  during_release,  ///< waiting operations were taken out for their referent, in a transaction
  during_eviction, ///< pending_ops had to push something out of memory
  during_drain     ///< a shard was told to stop
};

/// All names, with commas between.
inline constexpr std::string_view crash_point_names =
    "after-decode, before-commit, after-commit, during-release, during-eviction, during-drain";

/// A point, and at which passage it strikes.
struct crash_plan {
  crash_point at{crash_point::none};
  std::uint64_t hit_number{1};
};

/// Reads "NAME" or "NAME:N", N from 1; nothing is no point. Error: `errc::invalid` with the names.
[[nodiscard]] expected<crash_plan> parse_crash_point(std::string_view text);

/// From now on the process kills itself with SIGKILL at that passage. Before threads are started.
void arm(const crash_plan& plan) noexcept;

namespace detail {
inline std::atomic<crash_point> armed_point{crash_point::none};
void count_hit() noexcept;
} // namespace detail

/// Says that the process is there now. One load where nothing is armed. Any thread.
inline void hit(crash_point here) noexcept {
  if (detail::armed_point.load(std::memory_order_relaxed) == here) [[unlikely]]
    detail::count_hit();
}

} // namespace prism
