#pragma once

#include "core/depth_guard.hpp"
#include "core/error.hpp"
#include "core/stream_position.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

namespace prism {

/// The frames of one shard: those that wait, those in flight (in the batch being written), and the
/// positions between which it stands. Frames that were received before are dropped. `Frame` has a
/// member `position`, which increases. Plain value.
template <class Frame>
class frame_queue {
public:
  /// @param capacity frames that the firehose may have sent and that are not committed.
  explicit frame_queue(std::size_t capacity) : depth_(capacity) {}

  /// The stored cursor: everything up to here is committed.
  void start_at(std::int64_t cursor) noexcept { durable_ = last_ = cursor; }

  /// A new stream of frames begins above the cursor. It places frames out of order anew: none of
  /// them may be taken for one that is committed. @pre no frame waits or is in flight
  void forget_apart() noexcept { start_at(durable_.seq); }

  /// Appends the frames that are new. @returns how many; `errc::limit` if the firehose has sent
  /// more than its credit, in which case the shard must fail.
  [[nodiscard]] expected<std::size_t> receive(std::span<const Frame> frames) {
    std::size_t added = 0;
    for (const auto& frame : frames) {
      if (frame.position <= last_)
        continue;
      last_ = frame.position;
      waiting_.push_back(frame);
      ++added;
    }
    if (auto kept = depth_.arrived(added); !kept)
      return tl::unexpected(std::move(kept.error()));
    return added;
  }

  /// No frame is under way; everything up to `seq` is for other shards.
  void advance_to(std::int64_t seq) noexcept { cursor_target_ = std::max(cursor_target_, seq); }

  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
  [[nodiscard]] bool has_work() const noexcept {
    return !waiting_.empty() || cursor_target_ > durable_.seq;
  }

  [[nodiscard]] const Frame& next() const { return waiting_.front(); }
  /// Moves the next frame into the batch.
  void take_next() {
    in_flight_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  [[nodiscard]] const std::vector<Frame>& in_flight() const noexcept { return in_flight_; }
  /// Position of the shard once the frames in flight are committed. Without any, `advance_to`
  /// moves it: who writes a batch remembers it from when the batch was made.
  [[nodiscard]] stream_position batch_end() const {
    return in_flight_.empty() ? stream_position{cursor_target_} : in_flight_.back().position;
  }

  /// The frames in flight wait again, before all others.
  void requeue() {
    while (!in_flight_.empty()) {
      waiting_.push_front(std::move(in_flight_.back()));
      in_flight_.pop_back();
    }
  }

  /// The frames in flight are committed. Error as in `depth_guard::finished`.
  [[nodiscard]] expected<void> committed(stream_position end) {
    auto freed = depth_.finished(in_flight_.size());
    in_flight_.clear();
    durable_ = end;
    last_ = std::max(last_, end);
    return freed;
  }

  /// Drops the frames that wait, and the target of `advance_to`: a restarted firehose sends them
  /// again.
  [[nodiscard]] expected<void> drop_waiting() {
    auto freed = depth_.finished(waiting_.size());
    waiting_.clear();
    cursor_target_ = 0;
    last_ = in_flight_.empty() ? durable_ : in_flight_.back().position;
    return freed;
  }

  [[nodiscard]] stream_position durable() const noexcept { return durable_; }
  [[nodiscard]] const depth_guard& depth() const noexcept { return depth_; }

private:
  std::deque<Frame> waiting_;
  std::vector<Frame> in_flight_;
  stream_position durable_;
  stream_position last_; // of the newest frame received
  std::int64_t cursor_target_{0};
  depth_guard depth_;
};

} // namespace prism
