#include "actors/intake/frame_intake.hpp"

#include "actors/intake/routing.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <memory>
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

std::string_view to_string(odd_number what) noexcept {
  constexpr std::array<std::string_view, odd_numbers> names{"stray", "late", "refused"};
  return names[static_cast<std::size_t>(what)];
}

frame_intake::batch frame_intake::route(std::vector<frame_bytes> frames, time_point now) {
  batch out;
  auto items = std::make_shared<std::vector<source_frames::item>>();
  items->reserve(frames.size());
  for (auto& data : frames)
    items->push_back(route_one(std::move(data), out.counts, now));
  const auto count_of = [](std::optional<time_point> moment) {
    return moment ? moment->time_since_epoch().count() : never;
  };
  went_back_at_ = count_of(sequence_.went_back_at());
  leap_since_ = count_of(sequence_.leap_since());
  out.frames.items = std::move(items);
  return out;
}

source_frames::item frame_intake::route_one(frame_bytes data, intake_counts& counts,
                                            time_point now) {
  source_frames::item item;
  item.frame.received = now;
  counts.bytes += data->size();
  const auto peeked = atproto::peek_frame(*data);
  if (!peeked) {
    item.frame.seq = none;
    count(counts, peeked.error().code == errc::limit ? bad_frame::limit : bad_frame::invalid);
    if (const auto left_out = lines_.allow(line::undecodable, now))
      log::firehose().warn("skipping a frame that cannot be decoded: {}{}", peeked.error().message,
                           log::left_out_note(*left_out));
    return item;
  }
  ++counts.frames[static_cast<std::size_t>(peeked->kind)];
  if (notices_.log(*data, *peeked, now))
    cursor_refused_ = true;
  item.frame.seq = peeked->seq;
  if (events_ != nullptr)
    events_->received(peeked->seq, peeked->did, data->size(), now);
  if (peeked->seq >= 0)
    item.order = classify(peeked->seq, counts, now);
  item.for_a_shard = peeked->seq >= 0 && !peeked->did.empty() && has_shard(peeked->kind);
  if (item.for_a_shard) {
    item.shard = shard_of(peeked->did, shards_);
    item.frame.data = std::move(data);
  }
  return item;
}

arrival_order frame_intake::classify(std::int64_t seq, intake_counts& counts, time_point now) {
  const auto highest = sequence_.highest();
  const auto arrival = sequence_.arrived(seq, now);
  highest_read_ = sequence_.highest();
  if (sequence_.highest() > highest) {
    resume_after_.reset();
    cursor_refused_ = false;
  }
  const auto count_odd = [&counts](odd_number what, std::size_t n) {
    counts.odd[static_cast<std::size_t>(what)] += n;
  };
  count_odd(odd_number::stray, arrival.strays.size());
  strays_ += arrival.strays.size();
  if (arrival.order == arrival_order::repeated)
    ++counts.repeated;
  else if (arrival.order == arrival_order::late)
    count_odd(odd_number::late, 1);
  else if (arrival.order == arrival_order::refused)
    count_odd(odd_number::refused, 1);
  report(arrival, seq, highest, now);
  return arrival.order;
}

void frame_intake::report(const stream_sequence::arrival& what, std::int64_t seq,
                          std::int64_t highest, time_point now) {
  if (!what.strays.empty())
    if (const auto left_out = lines_.allow(line::stray, now))
      log::firehose().warn(
          "frame {} was far ahead of the stream, which goes on at {}: it is indexed, and "
          "the cursor does not move there{}",
          what.strays.front(), seq, log::left_out_note(*left_out));
  if (what.recovered)
    if (const auto left_out = lines_.allow(line::recovered, now))
      log::firehose().error(
          "the relay's numbers are above {} again; if they began anew, not all that came "
          "below is indexed{}",
          highest, log::left_out_note(*left_out));
  switch (what.order) {
  case arrival_order::in_order:
  case arrival_order::far_ahead:
    break;
  case arrival_order::late:
    if (const auto left_out = lines_.allow(line::late, now))
      log::firehose().warn("frame {} comes late, after {}: it is indexed{}", seq, highest,
                           log::left_out_note(*left_out));
    break;
  case arrival_order::repeated:
    if (const auto left_out = lines_.allow(line::repeated, now))
      log::firehose().warn("skipping frame {}: read before, and the stream is at {}{}", seq,
                           highest, log::left_out_note(*left_out));
    break;
  case arrival_order::refused:
    if (const auto left_out = lines_.allow(line::refused, now))
      log::firehose().error("skipping frame {}: out of order like the {} before it, after {}{}",
                            seq, stream_sequence::most_apart, highest,
                            log::left_out_note(*left_out));
    break;
  }
}

intake_counts frame_intake::skip_text(std::size_t size, time_point now) {
  intake_counts counts;
  count(counts, bad_frame::text);
  if (const auto left_out = lines_.allow(line::text, now))
    log::firehose().warn("skipping a text message of {} bytes{}", size,
                         log::left_out_note(*left_out));
  return counts;
}

intake_counts frame_intake::skip_oversized(std::span<const std::byte> head, std::uint32_t times) {
  intake_counts counts;
  count(counts, bad_frame::oversized);
  const auto peeked = atproto::peek_frame_beginning(head);
  const auto highest = next_cursor().value_or(none);
  const auto skip_to = peeked && peeked->seq > highest ? peeked->seq : highest + 1;
  log::firehose().error(
      "a frame over the size limit came {} times after cursor {}; skipping it, the next "
      "attempt begins after {}",
      times, highest, skip_to);
  resume_after_ = skip_to;
  return counts;
}

std::optional<std::int64_t> frame_intake::next_cursor() const noexcept {
  if (resume_after_)
    return resume_after_;
  const auto highest = sequence_.highest();
  return highest < 0 ? std::nullopt : std::optional{highest};
}

} // namespace prism
