#include "actors/intake/replay_window.hpp"

#include <algorithm>
#include <utility>

namespace prism {

replay_window::replay_window(std::vector<std::int64_t> durable, std::size_t lane_capacity,
                             read_limits limits, time_point now)
    : progress_(std::move(durable), limits.frames), limits_(limits), last_arrival_(now),
      last_commit_(now) {
  lanes_.assign(progress_.shards(), shard_lane(lane_capacity));
}

expected<std::vector<std::size_t>> replay_window::receive(const source_frames& arrived,
                                                          time_point now) {
  last_arrival_ = now;
  granted_ -= std::min<std::uint64_t>(granted_, arrived.items->size());
  std::vector<std::size_t> fed;
  for (const auto& item : *arrived.items)
    if (auto received = receive_one(item, fed); !received)
      return tl::unexpected(received.error());
  std::ranges::sort(fed);
  fed.erase(std::unique(fed.begin(), fed.end()), fed.end());
  return fed;
}

expected<void> replay_window::receive_one(const source_frames::item& item,
                                          std::vector<std::size_t>& fed) {
  if (item.frame.seq < 0)
    return {};
  any_read_ = true;
  switch (item.order) {
  case arrival_order::repeated:
  case arrival_order::refused:
    return {};
  case arrival_order::far_ahead:
  case arrival_order::late: {
    if (!item.for_a_shard)
      return {};
    const auto position = progress_.delivered_apart(item.shard);
    if (!position)
      return tl::unexpected(position.error());
    push(item, *position, fed);
    return {};
  }
  case arrival_order::in_order:
    break;
  }
  if (!item.for_a_shard)
    return progress_.skip(item.frame.seq);
  const auto needed = progress_.delivered(item.frame.seq, item.shard);
  if (!needed)
    return tl::unexpected(needed.error());
  if (*needed)
    push(item, item.frame.seq, fed);
  return {};
}

void replay_window::push(const source_frames::item& item, stream_position position,
                         std::vector<std::size_t>& fed) {
  auto frame = item.frame;
  frame.position = position;
  if (frame.received == time_point{})
    frame.received = last_arrival_;
  bytes_ += frame.data->size();
  lanes_[item.shard].push(std::move(frame));
  fed.push_back(item.shard);
}

bool replay_window::reaches_back_to(const shard_ready& ready) const noexcept {
  return ready.shard >= lanes_.size() || ready.durable_seq >= progress_.durable(ready.shard).seq;
}

bool replay_window::announce(const shard_ready& ready, time_point now) {
  if (ready.shard >= lanes_.size())
    return false;
  last_commit_ = now;
  lanes_[ready.shard].restart(ready.incarnation, now);
  drop_frames(ready.shard, ready.durable_seq, now);
  // It may have committed frames that this firehose has not read again yet.
  progress_.announced(ready.shard, ready.durable_seq);
  return true;
}

bool replay_window::committed(const frames_durable& report, time_point now) {
  if (report.shard >= lanes_.size() || lanes_[report.shard].incarnation() == 0)
    return false;
  last_commit_ = now;
  drop_frames(report.shard, report.position, now);
  static_cast<void>(
      progress_.acked(report.shard, std::min(report.position, progress_.known(report.shard))));
  for (const auto stamp : report.stamps)
    stamps_.add(stamp);
  return true;
}

void replay_window::drop_frames(std::size_t shard, stream_position end, time_point now) {
  auto& lane = lanes_[shard];
  const auto before = lane.bytes();
  lane.committed(end, now, latencies_);
  bytes_ -= before - lane.bytes();
}

std::optional<frame_batch> replay_window::take(std::size_t shard, time_point now) {
  auto frames = lanes_[shard].take(now);
  if (!frames)
    return std::nullopt;
  return frame_batch{lanes_[shard].incarnation(), std::move(frames)};
}

std::optional<std::int64_t> replay_window::advance_for(std::size_t shard) const noexcept {
  return progress_.advance_for(shard);
}

std::uint64_t replay_window::grant() noexcept {
  const auto more =
      frames_to_grant(limits_, {.frames = frames(), .bytes = bytes_, .granted = granted_});
  granted_ += more;
  return more;
}

bool replay_window::caught_up(std::chrono::milliseconds quiet_time, time_point identity_idle_since,
                              time_point now) const noexcept {
  if (quiet_time.count() == 0 || now - last_arrival_ < quiet_time || frames() > 0)
    return false;
  for (std::size_t shard = 0; shard < shards(); ++shard)
    if (progress_.advance_for(shard))
      return false;
  return identity_idle_since >= last_commit_ && (any_read_ || progress_.highest() > 0);
}

steady_clock::duration replay_window::longest_wait(time_point now) const noexcept {
  auto longest = steady_clock::duration::zero();
  for (const auto& lane : lanes_)
    if (const auto since = lane.oldest())
      longest = std::max(longest, now - *since);
  return longest;
}

std::int64_t replay_window::highest() const noexcept {
  return progress_.highest();
}

std::int64_t replay_window::low_watermark() const noexcept {
  return progress_.low_watermark();
}

replay_window::channel_summary replay_window::channel(time_point now) const noexcept {
  channel_summary out;
  for (const auto& lane : lanes_) {
    out.depth += lane.credit().in_flight();
    out.capacity += lane.credit().capacity();
    out.exhausted += lane.credit().times_exhausted();
    out.stalled += lane.credit().time_stalled(now);
  }
  return out;
}

} // namespace prism
