#include "actors/intake/batch_maker.hpp"

#include "atproto/frame/frame.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

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

} // namespace

batch_maker::batch_maker() {
  events_.rejected = [this](std::string_view did, std::string_view path, std::string_view reason,
                            const std::string& message) {
    if (is_new())
      spdlog::info("record refused: at://{}/{}: {}: {}", did, path, reason, message);
    left_out_.records.push_back({std::string{path.substr(0, path.find('/'))}, std::string{reason}});
  };
  events_.skipped = [this](std::string_view) { ++left_out_.unknown_collections; };
  events_.legacy_blobs = [this](std::size_t count) { left_out_.legacy_blobs += count; };
}

db::batch batch_maker::make(frame_queue<routed_frame>& queue, std::size_t max_ops,
                            std::int64_t place_base, std::int64_t arrival) {
  db::batch_builder builder(events_, place_base, arrival);
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
    current_seq_ = frame.seq;
    const auto added = decoded ? builder.add(*decoded) : tl::unexpected(decoded.error());
    if (!added) {
      if (is_new())
        spdlog::warn("frame {} skipped: {}", frame.seq, added.error().message);
      left_out_.frames.push_back(added.error().code);
    }
    load_.ops += weight;
    load_.full = load_.ops >= max_ops;
    last = alone || load_.full;
    queue.take_next();
  }
  logged_up_to_seq_ = std::max(logged_up_to_seq_, current_seq_);
  load_.frames = queue.in_flight().size();
  auto batch = builder.take();
  batch.last_seq = queue.batch_seq();
  return batch;
}

} // namespace prism
