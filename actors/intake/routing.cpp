#include "actors/intake/routing.hpp"

#include "core/hash.hpp"
#include "core/printable.hpp"

#include <cstdint>
#include <spdlog/spdlog.h>

namespace prism {

using atproto::frame_kind;

std::size_t shard_of(std::string_view did, std::size_t shards) noexcept {
  const std::uint64_t hash = fnv1a(did);
  // The low bits of FNV are its weak ones.
  return static_cast<std::size_t>((hash ^ (hash >> 32U)) % shards);
}

bool has_shard(frame_kind kind) noexcept {
  return kind == frame_kind::commit || kind == frame_kind::identity ||
         kind == frame_kind::account || kind == frame_kind::sync;
}

void log_notice(std::span<const std::byte> data, const atproto::frame_peek& peeked) {
  if (has_shard(peeked.kind))
    return;
  const auto decoded = atproto::decode_frame(data);
  if (!decoded) {
    spdlog::warn("a notice of the relay cannot be read: {}", decoded.error().message);
    return;
  }
  if (const auto* info = std::get_if<atproto::info_frame>(&*decoded)) {
    if (info->name == "OutdatedCursor")
      spdlog::error(
          "OutdatedCursor: the relay no longer has the frames after our cursor; what lies "
          "between is missing and has to be resynchronised. {}",
          info->message.value_or(""));
    else
      spdlog::warn("the relay says {}: {}", info->name, info->message.value_or(""));
  } else if (const auto* problem = std::get_if<atproto::error_frame>(&*decoded)) {
    if (problem->error == "FutureCursor")
      spdlog::error("FutureCursor: our cursor is ahead of the relay, which may have lost its "
                    "sequence; compare --relay-url with the firehose_cursor table. {}",
                    problem->message.value_or(""));
    else
      spdlog::error("the relay ends the stream with {}: {}", problem->error,
                    problem->message.value_or(""));
  } else if (const auto* unknown = std::get_if<atproto::unknown_frame>(&*decoded)) {
    spdlog::warn("a frame of unknown type '{}' is passed over", printable(unknown->type));
  }
}

} // namespace prism
