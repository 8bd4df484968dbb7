#pragma once

#include "core/credit.hpp"
#include "messages/types.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace prism {

/// The firehose's side of one shard: frames that are not committed yet, in order, of which the
/// first `sent` are at the shard. Plain value, no actor in it.
class shard_lane {
public:
  /// @param capacity frames the shard takes before the first is committed.
  explicit shard_lane(std::size_t capacity) : credit_(capacity) {}

  void push(routed_frame frame) {
    bytes_ += frame.data->size();
    frames_.push_back(std::move(frame));
  }

  /// The next frames the shard has credit for; null if there are none.
  [[nodiscard]] std::shared_ptr<const std::vector<routed_frame>> take(time_point now);

  /// Everything up to `seq` is committed.
  /// @returns how many frames left the window.
  std::size_t committed(std::int64_t seq, time_point now);

  /// The shard has announced a new life, or itself to us: what it had is to be sent again.
  void restart(std::uint64_t incarnation, time_point now) {
    credit_.reset(now);
    sent_ = 0;
    incarnation_ = incarnation;
  }

  /// The life to address; 0: the shard has not announced itself, and gets nothing.
  [[nodiscard]] std::uint64_t incarnation() const noexcept { return incarnation_; }

  [[nodiscard]] bool empty() const noexcept { return frames_.empty(); }
  [[nodiscard]] std::size_t frames() const noexcept { return frames_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const credit_window& credit() const noexcept { return credit_; }

private:
  std::deque<routed_frame> frames_;
  std::size_t sent_{0};
  std::size_t bytes_{0};
  std::uint64_t incarnation_{0};
  credit_window credit_;
};

} // namespace prism
