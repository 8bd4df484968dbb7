#include "tools/replay/corpus_order.hpp"

#include "tools/replay/frame_seq.hpp"

#include <algorithm>
#include <utility>

namespace prism::net {

namespace {

tl::unexpected<error> in_frame(std::size_t index, const error& cause) {
  return fail(cause.code, "frame {}: {}", index, cause.message);
}

} // namespace

expected<corpus> renumbered(const corpus& frames, std::int64_t first) {
  corpus result;
  result.reserve(frames.size());
  std::int64_t next = first;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto found = find_seq(*frames[i]);
    if (!found)
      return in_frame(i, found.error());
    if (!found->seq) {
      result.push_back(frames[i]);
      continue;
    }
    auto frame = with_seq(*frames[i], next++);
    if (!frame)
      return in_frame(i, frame.error());
    result.push_back(std::make_shared<const std::vector<std::byte>>(std::move(*frame)));
  }
  return result;
}

expected<corpus> twice(const corpus& frames) {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto found = find_seq(*frames[i]);
    if (!found)
      return in_frame(i, found.error());
    last = std::max(last, found->seq.value_or(0));
  }
  auto again = renumbered(frames, last + 1);
  if (!again)
    return again;
  corpus result = frames;
  result.insert(result.end(), again->begin(), again->end());
  return result;
}

} // namespace prism::net
