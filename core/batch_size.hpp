#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace prism {

/// How much goes into the next batch: all that waits, up to `max_units()`. The units are those that
/// cost the database time: operations of frames (a frame counts as one at least), or new DIDs. That
/// is the cap while batches succeed, and less after one that was refused or did not end in time. So
/// an idle node commits each frame at once, one that is behind pays for a transaction once in `cap`
/// units, and one whose database is slow takes what that can do within the limit. Plain value, no
/// clock in it.
class batch_size {
public:
  using duration = std::chrono::steady_clock::duration;

  /// @param cap most units in a batch; 0 is taken as 1, since a batch of none would never end.
  /// @param limit the time after which a batch is given up.
  batch_size(std::size_t cap, duration limit) noexcept
      : cap_(std::max<std::size_t>(cap, 1)), limit_(limit), max_units_(cap_) {}

  /// Never 0.
  [[nodiscard]] std::size_t max_units() const noexcept { return max_units_; }

  /// A batch of `units` has failed because of what was in it or of how long it took.
  void failed(std::size_t units) noexcept {
    max_units_ = std::clamp<std::size_t>(units / 2, 1, max_units_);
  }

  /// A batch is committed, in `took`. A full one (nothing more would have fitted) says that more
  /// may fit: twice as many if those would take half of the limit at most, a few more if this one
  /// took less than half, and else this is enough. So a database of a steady speed is found out
  /// once, and what it can do is not overstepped again and again.
  void committed(bool full, duration took) noexcept {
    if (!full)
      return;
    if (took <= limit_ / 4)
      max_units_ *= 2;
    else if (took <= limit_ / 2)
      max_units_ += std::max<std::size_t>(max_units_ / 8, 1);
    max_units_ = std::min(max_units_, cap_);
  }

private:
  std::size_t cap_;
  duration limit_;
  std::size_t max_units_;
};

} // namespace prism
