#include "actors/intake/batch_maker.hpp"

#include "atproto/frame/frame.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace prism {

namespace {

[[nodiscard]] bool needs_own_batch(const atproto::frame& frame) {
  const auto* account = std::get_if<atproto::account_frame>(&frame);
  return account != nullptr && !account->active && account->status == "deleted";
}

/// What it counts in a batch's limit.
[[nodiscard]] std::size_t weight_of(const atproto::frame& frame) {
  const auto* commit = std::get_if<atproto::commit_frame>(&frame);
  return commit == nullptr ? 1 : std::max<std::size_t>(commit->ops.size(), 1);
}

/// The place of a frame that came out of order; empty if it came in order.
[[nodiscard]] std::optional<db::stream_place> place_apart(const routed_frame& frame,
                                                          std::int64_t place_base) {
  const auto& [seq, apart] = frame.position;
  return apart > 0 ? std::optional{db::place_behind(place_base, seq, apart)} : std::nullopt;
}

/// The builder has not seen it: a row of refused_records names the repo.
void note_undecodable(db::batch_builder& builder, const routed_frame& frame,
                      std::int64_t place_base, const error& why) {
  if (const auto peeked = atproto::peek_frame(*frame.data))
    builder.refuse(peeked->did, frame.seq, place_apart(frame, place_base), why.message);
}

} // namespace

batch_maker::batch_maker() {
  events_.rejected = [this](std::string_view did, std::string_view path, std::string_view reason,
                            const std::string& message) {
    log_refused(fmt::format("record refused: at://{}/{}: {}: {}", did, path, reason, message));
    left_out_.records.push_back({std::string{path.substr(0, path.find('/'))}, std::string{reason}});
  };
  events_.skipped = [this](std::string_view) { ++left_out_.unknown_collections; };
  events_.legacy_blobs = [this](std::size_t count) { left_out_.legacy_blobs += count; };
  events_.stamp_ahead = [this](db::stamp_field field) { left_out_.stamps.push_back(field); };
}

// The comparison with the official AppView needs each line: level debug has them.
void batch_maker::log_refused(const std::string& text) {
  if (current_ <= logged_up_to_)
    return;
  const auto left_out = lines_.allow(line::record, now_);
  if (!left_out)
    return log::shard().debug("{}", text);
  if (*left_out > 0)
    log::shard().info("{} more records were refused; log-level debug names each", *left_out);
  log::shard().info("{}", text);
}

db::batch batch_maker::make(frame_queue<routed_frame>& queue, std::size_t max_ops,
                            std::int64_t place_base, std::int64_t arrival, time_point now) {
  db::batch_builder builder(events_, place_base, arrival);
  now_ = now;
  left_out_ = {};
  load_ = {};
  bool last = false;
  while (!queue.empty() && !last) {
    const auto& frame = queue.next();
    const auto decoded = atproto::decode_frame(*frame.data);
    const bool alone = decoded && needs_own_batch(*decoded);
    const auto weight = decoded ? weight_of(*decoded) : 1;
    const bool first = queue.in_flight().empty();
    load_.full = !first && load_.ops + weight > max_ops;
    if (load_.full || (alone && !first))
      break;
    current_ = frame.position;
    const auto added = decoded ? builder.add(*decoded, place_apart(frame, place_base))
                               : tl::unexpected(decoded.error());
    if (!added) {
      if (const auto left_out = may_log(line::frame))
        log::shard().warn("frame {} skipped: {}{}", frame.seq, added.error().message,
                          log::left_out_note(*left_out));
      left_out_.frames.push_back(added.error().code);
      if (!decoded)
        note_undecodable(builder, frame, place_base, decoded.error());
    }
    load_.ops += weight;
    load_.full = load_.ops >= max_ops;
    last = alone || load_.full;
    queue.take_next();
  }
  load_.frames = queue.in_flight().size();
  logged_up_to_ = std::max(logged_up_to_, current_);
  auto batch = builder.take();
  batch.last_seq = queue.batch_end().seq;
  load_.divisible = !batch.ops.empty();
  return batch;
}

} // namespace prism
