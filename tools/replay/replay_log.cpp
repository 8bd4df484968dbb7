#include "tools/replay/replay_log.hpp"

#include "tools/replay/frame_seq.hpp"

#include <algorithm>

namespace prism::net {

expected<std::unique_ptr<replay_log>> replay_log::make(corpus frames, std::size_t window) {
  auto log = std::make_unique<replay_log>();
  log->seqs_.reserve(frames.size());
  std::optional<std::int64_t> last;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto found = find_seq(*frames[i]);
    if (!found)
      return fail(errc::invalid, "frame {}: {}", i, found.error().message);
    if (found->seq && last && *found->seq <= *last)
      return fail(errc::invalid, "frame {}: its seq {} is not above the one before it, {}", i,
                  *found->seq, *last);
    if (found->seq)
      last = found->seq;
    log->seqs_.push_back(last.value_or(0));
  }
  log->oldest_ = window > 0 && window < frames.size() ? frames.size() - window : 0;
  log->frames_ = std::move(frames);
  return log;
}

frame_source::entry replay_log::enter(std::optional<std::int64_t> cursor, bool from_start) {
  if (!cursor)
    return {.index = from_start ? oldest_ : frames_.size()};
  if (*cursor > (seqs_.empty() ? 0 : seqs_.back()))
    return {.index = frames_.size(), .future = true};
  const auto next = std::upper_bound(seqs_.begin(), seqs_.end(), *cursor) - seqs_.begin();
  const auto index = static_cast<std::size_t>(next);
  // 0 requests everything that is kept, so it is never outdated.
  const bool outdated = index < oldest_ && *cursor != 0;
  return index < oldest_ ? entry{.index = oldest_, .outdated = outdated} : entry{.index = index};
}

frame_source::found replay_log::at(std::size_t index) {
  return index < frames_.size() ? found{.frame = frames_[index]} : found{};
}

} // namespace prism::net
