#pragma once

#include "atproto/frame/frame.hpp"
#include "core/shard_of.hpp"

namespace prism {

/// Whether shards process frames of this kind; the others (`#info`, errors, unknown types) only
/// concern the connection.
[[nodiscard]] bool has_shard(atproto::frame_kind kind) noexcept;

} // namespace prism
