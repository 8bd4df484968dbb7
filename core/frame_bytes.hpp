#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace prism {

/// The bytes of one WebSocket message as received. Shared, because the replay window and a shard
/// hold the same frame at the same time; immutable, so that they may do so on different threads.
using frame_bytes = std::shared_ptr<const std::vector<std::byte>>;

} // namespace prism
