#include "actors/intake/frame_intake.hpp"

#include "actors/intake/relay_notice.hpp"
#include "actors/intake/routing.hpp"

#include <memory>
#include <spdlog/spdlog.h>
#include <utility>

namespace prism {

namespace {

void count(intake_counts& counts, bad_frame reason) {
  ++counts.bad[static_cast<std::size_t>(reason)];
}

} // namespace

std::string_view to_string(bad_frame reason) noexcept {
  constexpr std::array<std::string_view, bad_frame_reasons> names{"invalid", "limit", "oversized",
                                                                  "text"};
  return names[static_cast<std::size_t>(reason)];
}

frame_intake::batch frame_intake::route(std::vector<frame_bytes> frames) {
  batch out;
  auto items = std::make_shared<std::vector<source_frames::item>>();
  items->reserve(frames.size());
  for (auto& data : frames)
    items->push_back(route_one(std::move(data), out.counts));
  out.frames.items = std::move(items);
  return out;
}

source_frames::item frame_intake::route_one(frame_bytes data, intake_counts& counts) {
  source_frames::item item;
  counts.bytes += data->size();
  const auto peeked = atproto::peek_frame(*data);
  if (!peeked) {
    item.frame.seq = none;
    count(counts, peeked.error().code == errc::limit ? bad_frame::limit : bad_frame::invalid);
    spdlog::warn("skipping a frame that cannot be decoded: {}", peeked.error().message);
    return item;
  }
  ++counts.frames[static_cast<std::size_t>(peeked->kind)];
  log_relay_notice(*data, *peeked);
  item.frame.seq = peeked->seq;
  if (peeked->seq > highest_read_)
    highest_read_ = peeked->seq;
  item.for_a_shard = peeked->seq >= 0 && !peeked->did.empty() && has_shard(peeked->kind);
  if (item.for_a_shard) {
    item.shard = shard_of(peeked->did, shards_);
    item.frame.data = std::move(data);
  }
  return item;
}

intake_counts frame_intake::skip_text(std::size_t size) const {
  intake_counts counts;
  count(counts, bad_frame::text);
  spdlog::warn("skipping a text message of {} bytes", size);
  return counts;
}

intake_counts frame_intake::skip_oversized(std::span<const std::byte> head, std::uint32_t times) {
  intake_counts counts;
  count(counts, bad_frame::oversized);
  const auto peeked = atproto::peek_frame_beginning(head);
  const auto highest = highest_read_.load();
  const auto skip_to = peeked && peeked->seq > highest ? peeked->seq : highest + 1;
  spdlog::error("a frame over the size limit came {} times after cursor {}; skipping it, the next "
                "attempt begins after {}",
                times, highest, skip_to);
  highest_read_ = skip_to;
  return counts;
}

std::optional<std::int64_t> frame_intake::next_cursor() const noexcept {
  const auto highest = highest_read_.load();
  return highest < 0 ? std::nullopt : std::optional{highest};
}

} // namespace prism
