#include "actors/intake/shard_lane.hpp"

#include <algorithm>

namespace prism {

std::shared_ptr<const std::vector<routed_frame>> shard_lane::take(time_point now) {
  const auto n = std::min(frames_.size() - sent_, credit_.available());
  // Without credit one unit is requested all the same, so that the window measures the stall.
  if (incarnation_ == 0 || frames_.size() == sent_ ||
      !credit_.try_take(std::max<std::size_t>(n, 1), now))
    return nullptr;
  const auto first = frames_.begin() + static_cast<std::ptrdiff_t>(sent_);
  sent_ += n;
  return std::make_shared<const std::vector<routed_frame>>(first,
                                                           first + static_cast<std::ptrdiff_t>(n));
}

std::size_t shard_lane::committed(stream_position end, time_point now,
                                  std::vector<steady_clock::duration>& latencies) {
  std::size_t gone = 0;
  while (!frames_.empty() && frames_.front().position <= end) {
    bytes_ -= frames_.front().data->size();
    latencies.push_back(now - frames_.front().received);
    frames_.pop_front();
    ++gone;
  }
  const auto returned = std::min(gone, sent_);
  sent_ -= returned;
  // Cannot fail: credit was taken for every frame sent.
  static_cast<void>(credit_.give_back(returned, now));
  return gone;
}

} // namespace prism
