#include "actors/intake/relay_notice.hpp"

#include "actors/intake/routing.hpp"
#include "core/printable.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

namespace prism {

namespace {

/// Bytes that a line quotes of a text: the relay may send five megabytes.
constexpr std::size_t max_quoted = 300;

[[nodiscard]] std::string quoted(std::string_view text) {
  return printable(text, max_quoted);
}

[[nodiscard]] std::string quoted(const std::optional<std::string_view>& text) {
  return quoted(text.value_or(""));
}

} // namespace

bool relay_notices::log(std::span<const std::byte> data, const atproto::frame_peek& peeked,
                        time_point now) {
  if (has_shard(peeked.kind))
    return false;
  const auto decoded = atproto::decode_frame(data);
  if (!decoded) {
    if (const auto left_out = lines_.allow(line::undecodable, now))
      log::firehose().warn("cannot decode a notice from the relay: {}{}", decoded.error().message,
                           log::left_out_note(*left_out));
  } else if (const auto* info = std::get_if<atproto::info_frame>(&*decoded)) {
    log_info(*info, now);
  } else if (const auto* problem = std::get_if<atproto::error_frame>(&*decoded)) {
    return log_error(*problem, now);
  } else if (const auto* unknown = std::get_if<atproto::unknown_frame>(&*decoded)) {
    if (const auto left_out = lines_.allow(line::unknown, now))
      log::firehose().warn("skipping a frame of unknown type '{}'{}", printable(unknown->type),
                           log::left_out_note(*left_out));
  }
  return false;
}

void relay_notices::log_info(const atproto::info_frame& info, time_point now) {
  if (info.name == "OutdatedCursor") {
    if (const auto left_out = lines_.allow(line::outdated_cursor, now))
      log::firehose().error(
          "OutdatedCursor: the relay no longer has the frames after our cursor; the "
          "events in between are missing. {}{}",
          quoted(info.message), log::left_out_note(*left_out));
  } else if (const auto left_out = lines_.allow(line::info, now)) {
    log::firehose().warn("notice from the relay: {}: {}{}", quoted(info.name), quoted(info.message),
                         log::left_out_note(*left_out));
  }
}

bool relay_notices::log_error(const atproto::error_frame& problem, time_point now) {
  if (problem.error == "FutureCursor") {
    if (const auto left_out = lines_.allow(line::future_cursor, now))
      log::firehose().error(
          "FutureCursor: our cursor is ahead of the relay, which may have lost its "
          "sequence; compare --relay-url with the firehose_cursor table. {}{}",
          quoted(problem.message), log::left_out_note(*left_out));
    return true;
  }
  if (const auto left_out = lines_.allow(line::error, now))
    log::firehose().error("the relay ends the stream with {}: {}{}", quoted(problem.error),
                          quoted(problem.message), log::left_out_note(*left_out));
  return false;
}

} // namespace prism
