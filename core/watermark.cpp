#include "core/watermark.hpp"

#include <algorithm>

namespace prism {

watermark::watermark(std::vector<std::uint64_t> durable, std::size_t max_outstanding)
    : max_outstanding_(std::max<std::size_t>(max_outstanding, 1)) {
  if (durable.empty())
    durable.push_back(0);
  highest_ = *std::min_element(durable.begin(), durable.end());
  shards_.reserve(durable.size());
  for (const auto seq : durable)
    shards_.push_back(shard_state{.durable = seq, .waiting = {}});
}

expected<bool> watermark::delivered(std::uint64_t seq, std::size_t shard) {
  if (auto known = check_shard(shard); !known)
    return tl::unexpected(known.error());
  if (auto rising = check_new(seq); !rising)
    return tl::unexpected(rising.error());
  auto& state = shards_[shard];
  if (seq <= state.durable) {
    highest_ = seq;
    return false;
  }
  if (outstanding_ == max_outstanding_)
    return fail(errc::limit, "seq {} does not fit: {} frames are not acknowledged", seq,
                outstanding_);
  if (state.waiting.empty())
    fronts_.emplace(seq, shard);
  state.waiting.push_back(seq);
  ++outstanding_;
  highest_ = seq;
  return true;
}

expected<void> watermark::skip(std::uint64_t seq) {
  if (auto rising = check_new(seq); !rising)
    return rising;
  highest_ = seq;
  return {};
}

expected<std::size_t> watermark::acked(std::size_t shard, std::uint64_t up_to) {
  if (auto known = check_shard(shard); !known)
    return tl::unexpected(known.error());
  auto& state = shards_[shard];
  if (up_to > std::max(highest_, state.durable))
    return fail(errc::invalid, "shard {} acknowledges seq {}, but the highest read is {}", shard,
                up_to, highest_);
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

std::uint64_t watermark::low_watermark() const noexcept {
  // Not zero below: an outstanding seq is above some durable one.
  return fronts_.empty() ? highest_ : fronts_.begin()->first - 1;
}

std::optional<std::uint64_t> watermark::advance_for(std::size_t shard) const noexcept {
  const auto& state = shards_[shard];
  if (!state.waiting.empty() || state.durable >= highest_)
    return std::nullopt;
  return highest_;
}

expected<void> watermark::check_new(std::uint64_t seq) const {
  if (seq <= highest_)
    return fail(errc::invalid, "seq {} is not above {}, the highest read", seq, highest_);
  return {};
}

expected<void> watermark::check_shard(std::size_t shard) const {
  if (shard >= shards_.size())
    return fail(errc::invalid, "there is no shard {} of {}", shard, shards_.size());
  return {};
}

} // namespace prism
