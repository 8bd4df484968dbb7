#include "metrics/bounded_channel.hpp"

#include <algorithm>
#include <utility>

namespace prism::metrics {

void bounded_channel::add(std::size_t units, time_point now) {
  const std::lock_guard lock(mutex_);
  change(depth_ + units, now);
}

void bounded_channel::remove(std::size_t units, time_point now) {
  const std::lock_guard lock(mutex_);
  change(depth_ - std::min(depth_, units), now);
}

void bounded_channel::set_depth(std::size_t units, time_point now) {
  const std::lock_guard lock(mutex_);
  change(units, now);
}

bounded_channel::reading bounded_channel::read(time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto since = is_full() ? std::max(now - full_since_, steady_clock::duration::zero())
                               : steady_clock::duration::zero();
  return {.depth = depth_,
          .capacity = capacity_,
          .times_full = times_full_,
          .full = full_total_ + since};
}

void bounded_channel::change(std::size_t depth, time_point now) noexcept {
  const bool before = is_full();
  depth_ = depth;
  const bool after = is_full();
  if (!before && after) {
    ++times_full_;
    full_since_ = now;
  } else if (before && !after)
    full_total_ += std::max(now - full_since_, steady_clock::duration::zero());
}

channel_unit::channel_unit(std::shared_ptr<bounded_channel> channel)
    : channel_(std::move(channel)) {
  if (channel_)
    channel_->add(1, steady_clock::now());
}

void channel_unit::leave() {
  if (const auto channel = std::exchange(channel_, nullptr))
    channel->remove(1, steady_clock::now());
}

} // namespace prism::metrics
