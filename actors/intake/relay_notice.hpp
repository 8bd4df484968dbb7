#pragma once

#include "atproto/frame/frame.hpp"

#include <cstddef>
#include <span>

namespace prism {

/// Logs what a frame without a shard says: an `#info` notice, an error with which the relay ends
/// the stream, or a type that this version does not know. Does nothing for other frames.
/// @param data the whole frame, of which `peeked` was read. Any thread.
void log_relay_notice(std::span<const std::byte> data, const atproto::frame_peek& peeked);

} // namespace prism
