#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace prism {

/// For tests: holds the lanes of the shards back at random, so that events of different repos reach
/// the database in orders that a busy machine seldom makes. The order within a lane stays. A plain
/// value for one thread.
class lane_shuffle {
public:
  /// @param window_frames how far one lane may fall behind another, at most
  lane_shuffle(std::uint64_t seed, std::size_t lanes, std::size_t window_frames)
      : random_(seed), window_frames_(window_frames), opens_at_(lanes, 0) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      sent(lane);
  }

  /// So many frames have arrived.
  void arrived(std::size_t frames) noexcept { arrived_ += frames; }

  [[nodiscard]] std::uint64_t arrived() const noexcept { return arrived_; }

  /// Whether the lane may be sent to its shard now.
  [[nodiscard]] bool is_open(std::size_t lane) const noexcept {
    return arrived_ >= opens_at_[lane];
  }

  /// The lane was sent: it closes until a random number of frames has arrived.
  void sent(std::size_t lane) { opens_at_[lane] = arrived_ + random_() % (window_frames_ + 1); }

  /// Opens all lanes: the window is full, or the stream has ended.
  void open_all() noexcept { opens_at_.assign(opens_at_.size(), 0); }

private:
  std::mt19937_64 random_;
  std::size_t window_frames_;
  std::uint64_t arrived_{0};
  std::vector<std::uint64_t> opens_at_; // in frames arrived, by lane
};

} // namespace prism
