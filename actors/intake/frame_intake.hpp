#pragma once

#include "atproto/frame/frame.hpp"
#include "core/frame_bytes.hpp"
#include "messages/types.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace prism {

/// Why a message of the relay was counted and skipped.
enum class bad_frame : std::uint8_t {
  invalid,   ///< not decodable
  limit,     ///< over a cap of the protocol
  oversized, ///< over the source's size limit; see `frame_intake::skip_oversized`
  text       ///< a text message
};
inline constexpr std::size_t bad_frame_reasons = 4;

/// The name used in metric labels.
[[nodiscard]] std::string_view to_string(bad_frame reason) noexcept;

/// What the intake counted in one call.
struct intake_counts {
  std::uint64_t bytes{0};
  std::array<std::uint64_t, 7> frames{};              ///< in the order of atproto::frame_kind
  std::array<std::uint64_t, bad_frame_reasons> bad{}; ///< in the order of `bad_frame`
};

/// The first station of a frame: reads kind, seq and DID, picks the shard, and decides what happens
/// to messages that no shard can process. Logs those and the relay's notices. Owns the cursor from
/// which the stream is resumed.
///
/// No message may be lost for one that is bad: whatever cannot be routed is passed on without
/// bytes, so that the window still returns its credit, and a seq that could be read moves the
/// cursor.
///
/// Called on the I/O thread of the source, except for `highest_read`.
class frame_intake {
public:
  struct batch {
    source_frames frames; ///< one item per message, in order
    intake_counts counts;
  };

  /// @param shards how many there are; at least 1.
  /// @param cursor the seq after which the stream is to begin; empty: at the live end.
  frame_intake(std::size_t shards, std::optional<std::int64_t> cursor)
      : shards_(shards), highest_read_(cursor.value_or(none)) {}

  /// Routes the binary messages that were read.
  [[nodiscard]] batch route(std::vector<frame_bytes> frames);

  /// A text message of `size` bytes, which the protocol does not have: it is skipped.
  [[nodiscard]] intake_counts skip_text(std::size_t size) const;

  /// A message over the size limit was refused `times` times at the same cursor. The next attempt
  /// begins after its seq if the first bytes of the message, `head`, reveal one above the cursor;
  /// else after cursor + 1, which gets past it in the end.
  [[nodiscard]] intake_counts skip_oversized(std::span<const std::byte> head, std::uint32_t times);

  /// The seq after which the next connection is to begin; empty: at the live end.
  [[nodiscard]] std::optional<std::int64_t> next_cursor() const noexcept;

  /// The highest seq read or skipped, or where the stream began; -1 for none. Any thread.
  [[nodiscard]] std::int64_t highest_read() const noexcept { return highest_read_.load(); }

private:
  static constexpr std::int64_t none = -1;

  [[nodiscard]] source_frames::item route_one(frame_bytes data, intake_counts& counts);

  std::size_t shards_;
  std::atomic<std::int64_t> highest_read_;
};

} // namespace prism
