#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace prism {

/// The bytes of one WebSocket message as received. Shared between the replay window and a shard, on
/// different threads, and therefore immutable.
using frame_bytes = std::shared_ptr<const std::vector<std::byte>>;

} // namespace prism
