#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace prism {

/// How many frames go into the next batch: all that wait, up to `most()`. That is the cap while
/// batches succeed, and less after one that was refused or did not end in time. So an idle node
/// commits each frame at once, one that is behind pays for a transaction once in `cap` frames, and
/// one whose database is slow takes what that can do within the limit. Plain value, no clock in it.
class batch_size {
public:
  using duration = std::chrono::steady_clock::duration;

  /// @param cap most frames in a batch; 0 is taken as 1, since a batch of none would never end.
  /// @param limit the time after which a batch is given up.
  batch_size(std::size_t cap, duration limit) noexcept
      : cap_(std::max<std::size_t>(cap, 1)), limit_(limit), most_(cap_) {}

  /// Never 0.
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

  /// A batch of `frames` has failed because of what was in it or of how long it took.
  void failed(std::size_t frames) noexcept {
    most_ = std::clamp<std::size_t>(frames / 2, 1, most_);
  }

  /// A batch of `frames` is committed, in `took`. A full one says that more may fit: twice as many
  /// if those would take half of the limit at most, a few more if this one took less than half, and
  /// else this is enough. So a database of a steady speed is found out once, and what it can do is
  /// not overstepped again and again.
  void committed(std::size_t frames, duration took) noexcept {
    if (frames < most_)
      return;
    if (took <= limit_ / 4)
      most_ *= 2;
    else if (took <= limit_ / 2)
      most_ += std::max<std::size_t>(most_ / 8, 1);
    most_ = std::min(most_, cap_);
  }

private:
  std::size_t cap_;
  duration limit_;
  std::size_t most_;
};

} // namespace prism
