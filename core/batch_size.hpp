#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace prism {

/// How many frames go into the next batch: all that wait, up to `max_frames()`. That is the cap
/// while batches succeed, and less after one that was refused or did not end in time. So an idle
/// node commits each frame at once, one that is behind pays for a transaction once in `cap` frames,
/// and one whose database is slow takes what that can do within the limit. Plain value, no clock in
/// it.
class batch_size {
public:
  using duration = std::chrono::steady_clock::duration;

  /// @param cap most frames in a batch; 0 is taken as 1, since a batch of none would never end.
  /// @param limit the time after which a batch is given up.
  batch_size(std::size_t cap, duration limit) noexcept
      : cap_(std::max<std::size_t>(cap, 1)), limit_(limit), max_frames_(cap_) {}

  /// Never 0.
  [[nodiscard]] std::size_t max_frames() const noexcept { return max_frames_; }

  /// A batch of `frames` has failed because of what was in it or of how long it took.
  void failed(std::size_t frames) noexcept {
    max_frames_ = std::clamp<std::size_t>(frames / 2, 1, max_frames_);
  }

  /// A batch of `frames` is committed, in `took`. A full one says that more may fit: twice as many
  /// if those would take half of the limit at most, a few more if this one took less than half, and
  /// else this is enough. So a database of a steady speed is found out once, and what it can do is
  /// not overstepped again and again.
  void committed(std::size_t frames, duration took) noexcept {
    if (frames < max_frames_)
      return;
    if (took <= limit_ / 4)
      max_frames_ *= 2;
    else if (took <= limit_ / 2)
      max_frames_ += std::max<std::size_t>(max_frames_ / 8, 1);
    max_frames_ = std::min(max_frames_, cap_);
  }

private:
  std::size_t cap_;
  duration limit_;
  std::size_t max_frames_;
};

} // namespace prism
