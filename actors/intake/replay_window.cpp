#include "actors/intake/replay_window.hpp"

#include <algorithm>
#include <utility>

namespace prism {

replay_window::replay_window(std::vector<std::uint64_t> durable, std::size_t lane_capacity,
                             read_limits limits, time_point now)
    : progress_(std::move(durable), limits.frames), limits_(limits), last_arrival_(now) {
  lanes_.assign(progress_.shards(), shard_lane(lane_capacity));
}

expected<replay_window::arrivals> replay_window::receive(const source_frames& arrived,
                                                         time_point now) {
  last_arrival_ = now;
  granted_ -= std::min<std::uint64_t>(granted_, arrived.items->size());
  arrivals out;
  for (const auto& item : *arrived.items)
    if (auto received = receive_one(item, out); !received)
      return tl::unexpected(received.error());
  std::ranges::sort(out.shards);
  const auto duplicates = std::ranges::unique(out.shards);
  out.shards.erase(duplicates.begin(), duplicates.end());
  return out;
}

expected<void> replay_window::receive_one(const source_frames::item& item, arrivals& out) {
  if (item.frame.seq < 0)
    return {};
  const auto seq = static_cast<std::uint64_t>(item.frame.seq);
  if (!item.for_a_shard) {
    if (!progress_.skip(seq))
      out.repeated.push_back({item.frame.seq, highest()});
    return {};
  }
  const auto needed = progress_.delivered(seq, item.shard);
  if (!needed && needed.error().code == errc::limit)
    return tl::unexpected(needed.error());
  if (!needed)
    out.repeated.push_back({item.frame.seq, highest()});
  else if (*needed) {
    bytes_ += item.frame.data->size();
    lanes_[item.shard].push(item.frame);
    out.shards.push_back(item.shard);
  }
  return {};
}

bool replay_window::announce(const shard_ready& ready, time_point now) {
  if (ready.shard >= lanes_.size())
    return false;
  lanes_[ready.shard].restart(ready.incarnation, now);
  return committed({.shard = ready.shard, .seq = ready.durable_seq, .event_time = 0}, now);
}

bool replay_window::committed(const frames_durable& report, time_point now) {
  if (report.shard >= lanes_.size())
    return false;
  auto& lane = lanes_[report.shard];
  const auto before = lane.bytes();
  lane.committed(report.seq, now);
  bytes_ -= before - lane.bytes();
  // A shard may have committed frames that this incarnation of the firehose has not read again yet.
  const auto known = std::min(static_cast<std::uint64_t>(report.seq), progress_.highest());
  static_cast<void>(progress_.acked(report.shard, known));
  event_time_ = std::max(event_time_, report.event_time);
  return true;
}

std::optional<frame_batch> replay_window::take(std::size_t shard, time_point now) {
  auto frames = lanes_[shard].take(now);
  if (!frames)
    return std::nullopt;
  return frame_batch{lanes_[shard].incarnation(), std::move(frames)};
}

std::optional<std::int64_t> replay_window::advance_for(std::size_t shard) const noexcept {
  const auto seq = progress_.advance_for(shard);
  return seq ? std::optional{static_cast<std::int64_t>(*seq)} : std::nullopt;
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
  return identity_idle_since >= last_arrival_ + quiet_time / 2 && progress_.highest() > 0;
}

std::int64_t replay_window::highest() const noexcept {
  return static_cast<std::int64_t>(progress_.highest());
}

std::int64_t replay_window::low_watermark() const noexcept {
  return static_cast<std::int64_t>(progress_.low_watermark());
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
