#include "actors/intake/relay_notice.hpp"

#include "actors/intake/routing.hpp"
#include "core/printable.hpp"

#include <spdlog/spdlog.h>

namespace prism {

namespace {

void log_info(const atproto::info_frame& info) {
  if (info.name == "OutdatedCursor")
    spdlog::error("OutdatedCursor: the relay no longer has the frames after our cursor; the events "
                  "in between are missing and must be resynchronised. {}",
                  info.message.value_or(""));
  else
    spdlog::warn("notice from the relay: {}: {}", info.name, info.message.value_or(""));
}

void log_error(const atproto::error_frame& problem) {
  if (problem.error == "FutureCursor")
    spdlog::error("FutureCursor: our cursor is ahead of the relay, which may have lost its "
                  "sequence; compare --relay-url with the firehose_cursor table. {}",
                  problem.message.value_or(""));
  else
    spdlog::error("the relay ends the stream with {}: {}", problem.error,
                  problem.message.value_or(""));
}

} // namespace

void log_relay_notice(std::span<const std::byte> data, const atproto::frame_peek& peeked) {
  if (has_shard(peeked.kind))
    return;
  const auto decoded = atproto::decode_frame(data);
  if (!decoded)
    spdlog::warn("cannot decode a notice from the relay: {}", decoded.error().message);
  else if (const auto* info = std::get_if<atproto::info_frame>(&*decoded))
    log_info(*info);
  else if (const auto* problem = std::get_if<atproto::error_frame>(&*decoded))
    log_error(*problem);
  else if (const auto* unknown = std::get_if<atproto::unknown_frame>(&*decoded))
    spdlog::warn("skipping a frame of unknown type '{}'", printable(unknown->type));
}

} // namespace prism
