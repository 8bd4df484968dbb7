#pragma once

#include "core/error.hpp"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace prism {

/// Places in the program at which a test can kill the process, to show that the next start resumes
/// correctly.
enum class crash_point : std::uint8_t {
  none,
  after_decode,    ///< a batch has been built from its frames
  before_commit,   ///< the last statement of a batch is done, its COMMIT is not sent
  after_commit,    ///< the server has committed a batch, the shard does not know yet
  during_release,  ///< parked operations have been taken out for their referent, in a transaction
  during_eviction, ///< pending_ops evicts an operation from memory
  during_drain     ///< a shard has been asked to stop
};

/// All names, separated by commas.
inline constexpr std::string_view crash_point_names =
    "after-decode, before-commit, after-commit, during-release, during-eviction, during-drain";

/// A crash point, and the hit at which it kills the process.
struct crash_plan {
  crash_point at{crash_point::none};
  std::uint64_t hit_number{1};
};

/// Parses "NAME" or "NAME:N", N from 1; an empty text is no crash point. Error `errc::invalid`,
/// listing the names.
[[nodiscard]] expected<crash_plan> parse_crash_point(std::string_view text);

/// Makes the process kill itself with SIGKILL at that hit. To be called before threads are started.
void arm(const crash_plan& plan) noexcept;

namespace detail {
inline std::atomic<crash_point> armed_point{crash_point::none};
void count_hit() noexcept;
} // namespace detail

/// Marks that the process reaches `here`. Costs one load if nothing is armed. Any thread.
inline void hit(crash_point here) noexcept {
  if (detail::armed_point.load(std::memory_order_relaxed) == here) [[unlikely]]
    detail::count_hit();
}

} // namespace prism
