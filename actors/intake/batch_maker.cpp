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

} // namespace

batch_maker::batch_maker() {
  events_.rejected = [this](std::string_view did, std::string_view path, std::string_view reason,
                            const std::string& message) {
    if (is_new())
      spdlog::info("record refused: at://{}/{}: {}: {}", did, path, reason, message);
    left_out_.records.push_back({std::string{path.substr(0, path.find('/'))}, std::string{reason}});
  };
  events_.skipped = [this](std::string_view) { ++left_out_.unknown_collections; };
}

db::batch batch_maker::make(frame_queue<routed_frame>& queue, std::size_t max_frames,
                            std::int64_t place_base, std::int64_t arrival) {
  db::batch_builder builder(events_, place_base, arrival);
  left_out_ = {};
  bool full = false;
  while (!queue.empty() && !full) {
    const auto& frame = queue.next();
    const auto decoded = atproto::decode_frame(*frame.data);
    const bool alone = decoded && needs_own_batch(*decoded);
    if (alone && !queue.in_flight().empty())
      break;
    current_ = frame.position;
    const auto added = decoded ? builder.add(*decoded) : tl::unexpected(decoded.error());
    if (!added) {
      if (is_new())
        spdlog::warn("frame {} skipped: {}", frame.seq, added.error().message);
      left_out_.frames.push_back(added.error().code);
    }
    full = alone || queue.in_flight().size() + 1 >= max_frames;
    queue.take_next();
  }
  logged_up_to_ = std::max(logged_up_to_, current_);
  auto batch = builder.take();
  batch.last_seq = queue.batch_end().seq;
  return batch;
}

} // namespace prism
