#include "core/watermark.hpp"

#include <algorithm>

namespace prism {

watermark::watermark(std::vector<std::int64_t> durable, std::size_t max_outstanding)
    : max_outstanding_(std::max<std::size_t>(max_outstanding, 1)) {
  if (durable.empty())
    durable.push_back(0);
  highest_ = *std::min_element(durable.begin(), durable.end());
  shards_.reserve(durable.size());
  for (const auto seq : durable)
    shards_.push_back(shard_state{.durable = seq, .waiting = {}});
}

expected<bool> watermark::delivered(std::int64_t seq, std::size_t shard) {
  if (auto exists = check_shard(shard); !exists)
    return tl::unexpected(exists.error());
  if (auto rising = check_new(seq); !rising)
    return tl::unexpected(rising.error());
  if (stream_position{seq} <= shards_[shard].durable) {
    highest_ = seq;
    return false;
  }
  if (auto room = check_room(); !room)
    return tl::unexpected(room.error());
  wait_for(shard, seq);
  highest_ = seq;
  return true;
}

expected<stream_position> watermark::delivered_apart(std::size_t shard) {
  if (auto exists = check_shard(shard); !exists)
    return tl::unexpected(exists.error());
  if (auto room = check_room(); !room)
    return tl::unexpected(room.error());
  const auto position = behind(known(shard));
  wait_for(shard, position);
  return position;
}

expected<void> watermark::skip(std::int64_t seq) {
  if (auto rising = check_new(seq); !rising)
    return rising;
  highest_ = seq;
  return {};
}

expected<std::size_t> watermark::acked(std::size_t shard, stream_position up_to) {
  if (auto exists = check_shard(shard); !exists)
    return tl::unexpected(exists.error());
  if (up_to > known(shard))
    return fail(errc::invalid, "shard {} acknowledges seq {}, but the highest read is {}", shard,
                up_to.seq, highest_);
  return release(shard, up_to);
}

std::size_t watermark::announced(std::size_t shard, std::int64_t cursor) {
  return release(shard, cursor);
}

std::size_t watermark::release(std::size_t shard, stream_position up_to) {
  auto& state = shards_[shard];
  state.durable = std::max(state.durable, up_to);
  if (state.waiting.empty() || state.waiting.front() > up_to)
    return 0;
  fronts_.erase({state.waiting.front(), shard});
  std::size_t released = 0;
  for (; !state.waiting.empty() && state.waiting.front() <= up_to; ++released)
    state.waiting.pop_front();
  outstanding_ -= released;
  if (!state.waiting.empty())
    fronts_.emplace(state.waiting.front(), shard);
  return released;
}

stream_position watermark::known(std::size_t shard) const noexcept {
  const auto& state = shards_[shard];
  const auto own = state.waiting.empty() ? state.durable : state.waiting.back();
  return std::max({own, state.durable, stream_position{highest_}});
}

std::int64_t watermark::low_watermark() const noexcept {
  if (fronts_.empty())
    return highest_;
  // A frame out of order holds back nothing up to the frame before it.
  const auto& front = fronts_.begin()->first;
  return front.apart > 0 ? std::min(front.seq, highest_) : front.seq - 1;
}

std::optional<std::int64_t> watermark::advance_for(std::size_t shard) const noexcept {
  const auto& state = shards_[shard];
  if (!state.waiting.empty() || state.durable.seq >= highest_)
    return std::nullopt;
  return highest_;
}

expected<void> watermark::check_new(std::int64_t seq) const {
  if (seq <= highest_)
    return fail(errc::invalid, "seq {} is not above {}, the highest read", seq, highest_);
  return {};
}

expected<void> watermark::check_shard(std::size_t shard) const {
  if (shard >= shards_.size())
    return fail(errc::invalid, "there is no shard {} of {}", shard, shards_.size());
  return {};
}

expected<void> watermark::check_room() const {
  if (outstanding_ == max_outstanding_)
    return fail(errc::limit, "{} frames are not acknowledged: no other fits", outstanding_);
  return {};
}

void watermark::wait_for(std::size_t shard, stream_position position) {
  auto& waiting = shards_[shard].waiting;
  if (waiting.empty())
    fronts_.emplace(position, shard);
  waiting.push_back(position);
  ++outstanding_;
}

} // namespace prism
