#pragma once

#include "atproto/frame/frame.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace prism {

/// The shard of a repo: the same for the same DID and number of shards, on every machine and in
/// every version, since cursors depend on it.
[[nodiscard]] std::size_t shard_of(std::string_view did, std::size_t shards) noexcept;

/// Whether frames of a kind are handed to a shard.
[[nodiscard]] bool has_shard(atproto::frame_kind kind) noexcept;

/// Logs what a frame that is for nobody says: notices and errors of the relay, unknown types.
void log_notice(std::span<const std::byte> data, const atproto::frame_peek& peeked);

} // namespace prism
