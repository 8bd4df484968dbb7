#pragma once

#include "atproto/frame/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace prism::atproto {

namespace frame_limits {
/// Greatest `seq`: integers beyond 53 bits are not safe in the data model, and an absurdly large
/// one would make all later frames look old.
inline constexpr std::int64_t max_seq = (std::int64_t{1} << 53U) - 1;
} // namespace frame_limits

/// The first of the two items of a frame (event-stream spec, "Framing").
struct frame_header {
  std::int64_t op;
  std::string_view type; ///< `t` as written; empty if none. Points into the input.
  frame_kind kind;
  std::size_t size; ///< bytes of the header; the payload begins there
};

/// Reads the header of a frame, after the check of the frame's size.
/// `t` may be relative (`#commit`) or in full; without it the payload's `$type` counts, in full.
/// @returns `errc::limit` beyond `frame_limits::max_frame`; `errc::invalid` if it is not a CBOR map
/// (`cbor_rules::received`), has no integer `op`, or has `op` 1 without a type.
[[nodiscard]] expected<frame_header> read_frame_header(std::span<const std::byte> input);

} // namespace prism::atproto
