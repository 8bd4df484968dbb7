#pragma once

#include "core/credit.hpp"
#include "messages/types.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace prism {

/// The firehose's queue for one shard: frames that are not committed yet, in order. The first of
/// them are sent to the shard, as far as its credit goes; they stay here to be sent again if the
/// shard is restarted. A plain value for one thread.
class shard_lane {
public:
  /// @param capacity frames that the shard accepts before it has committed any; 0 is taken as 1.
  explicit shard_lane(std::size_t capacity) : credit_(capacity) {}

  /// Appends a frame; its position is behind that of every earlier one.
  void push(routed_frame frame) {
    bytes_ += frame.data->size();
    frames_.push_back(std::move(frame));
  }

  /// The frames to send now: those not sent yet for which the shard has credit. Null if there are
  /// none, or the shard has not announced itself.
  [[nodiscard]] std::shared_ptr<const std::vector<routed_frame>> take(time_point now);

  /// Removes the frames up to `end`, which are committed, and returns their credit.
  /// @param latencies gets how long each of them was here.
  /// @returns how many frames left the lane.
  std::size_t committed(stream_position end, time_point now,
                        std::vector<steady_clock::duration>& latencies);

  /// The shard has announced itself as `incarnation` (not 0) and lost what it was sent: all frames
  /// of the lane are to be sent again, with all credit.
  void restart(std::uint64_t incarnation, time_point now) {
    credit_.reset(now);
    sent_ = 0;
    incarnation_ = incarnation;
  }

  /// The shard's latest announcement, which frames are addressed to; 0: none yet.
  [[nodiscard]] std::uint64_t incarnation() const noexcept { return incarnation_; }

  /// When the oldest frame arrived; empty: there is none.
  [[nodiscard]] std::optional<time_point> oldest() const noexcept {
    return frames_.empty() ? std::nullopt : std::optional{frames_.front().received};
  }

  [[nodiscard]] std::size_t frames() const noexcept { return frames_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const credit_window& credit() const noexcept { return credit_; }

private:
  std::deque<routed_frame> frames_;
  std::size_t sent_{0}; // of `frames_`, from the front
  std::size_t bytes_{0};
  std::uint64_t incarnation_{0};
  credit_window credit_;
};

} // namespace prism
