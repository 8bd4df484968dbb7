#pragma once

#include "actors/intake/relay_notice.hpp"
#include "atproto/frame/frame.hpp"
#include "core/event_trace.hpp"
#include "core/frame_bytes.hpp"
#include "core/rate_limited.hpp"
#include "core/stream_sequence.hpp"
#include "messages/types.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
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

/// Why a frame's number stands out (core/stream_sequence.hpp), for the metric.
enum class odd_number : std::uint8_t { stray, late, refused };
inline constexpr std::size_t odd_numbers = 3;

/// The name used in metric labels.
[[nodiscard]] std::string_view to_string(odd_number what) noexcept;

/// What the intake counted in one call.
struct intake_counts {
  std::uint64_t bytes{0};
  std::array<std::uint64_t, 7> frames{};              ///< in the order of atproto::frame_kind
  std::array<std::uint64_t, bad_frame_reasons> bad{}; ///< in the order of `bad_frame`
  std::uint64_t repeated{0};
  std::array<std::uint64_t, odd_numbers> odd{}; ///< in the order of `odd_number`
};

/// The first station of a frame: reads kind, seq and DID, picks the shard, and decides what happens
/// to messages that no shard can process. Logs those and the relay's notices, with a limit. Owns
/// the cursor from which the stream is resumed, and classifies the frames by their numbers.
///
/// No message may be lost for one that is bad: whatever cannot be routed is passed on without
/// bytes, so that the window still returns its credit, and a seq that comes in order moves the
/// cursor.
///
/// Called on the I/O thread of the source, except where it says otherwise.
class frame_intake {
public:
  struct batch {
    source_frames frames; ///< one item per message, in order
    intake_counts counts;
  };

  /// @param shards how many there are; at least 1.
  /// @param cursor the seq after which the stream is to begin; empty: at the live end.
  /// @param events told of every frame; null: nobody traces. Must outlive the intake.
  frame_intake(std::size_t shards, std::optional<std::int64_t> cursor,
               event_trace* events = nullptr)
      : shards_(shards), events_(events), sequence_(cursor.value_or(none)),
        highest_read_(cursor.value_or(none)) {}

  /// Routes the binary messages that were read.
  [[nodiscard]] batch route(std::vector<frame_bytes> frames, time_point now);

  /// A text message of `size` bytes, which the protocol does not have: it is skipped.
  [[nodiscard]] intake_counts skip_text(std::size_t size, time_point now);

  /// A message over the size limit was refused `times` times at the same cursor. The next attempt
  /// begins after its seq if the first bytes of the message, `head`, reveal one above the cursor;
  /// else after cursor + 1, which gets past it in the end. What is committed does not move there
  /// before a frame above it has come in order.
  [[nodiscard]] intake_counts skip_oversized(std::span<const std::byte> head, std::uint32_t times);

  /// The seq after which the next connection is to begin; empty: at the live end.
  [[nodiscard]] std::optional<std::int64_t> next_cursor() const noexcept;

  /// The highest seq read in order, or where the stream began; -1 for none. Any thread.
  [[nodiscard]] std::int64_t highest_read() const noexcept { return highest_read_.load(); }

  /// Whether the relay's numbers have gone back: it sends only events at or below the highest one
  /// (core/stream_sequence.hpp), or has refused our cursor since the last one in order. Any thread.
  [[nodiscard]] bool went_back(time_point now) const noexcept {
    return cursor_refused() || now.time_since_epoch().count() >= went_back_at_.load();
  }

  /// Whether the relay has refused our cursor (FutureCursor) since the last frame in order. Any
  /// thread.
  [[nodiscard]] bool cursor_refused() const noexcept { return cursor_refused_.load(); }

  /// Frames far ahead that turned out to be strays. Any thread.
  [[nodiscard]] std::uint64_t strays() const noexcept { return strays_.load(); }

  /// Since when the relay has been far ahead of the stream without confirming it. Any thread.
  [[nodiscard]] std::optional<time_point> leap_since() const noexcept {
    const auto since = leap_since_.load();
    return since == never ? std::nullopt : std::optional{time_point{steady_clock::duration{since}}};
  }

private:
  static constexpr std::int64_t none = -1;

  static constexpr auto never = std::numeric_limits<steady_clock::rep>::max();

  [[nodiscard]] source_frames::item route_one(frame_bytes data, intake_counts& counts,
                                              time_point now);
  [[nodiscard]] arrival_order classify(std::int64_t seq, intake_counts& counts, time_point now);
  void report(const stream_sequence::arrival& what, std::int64_t seq, std::int64_t highest,
              time_point now);

  enum class line : std::uint8_t { undecodable, text, repeated, stray, late, refused, recovered };

  std::size_t shards_;
  event_trace* events_;
  stream_sequence sequence_;
  /// Behind an oversized frame, while nothing above it has come in order.
  std::optional<std::int64_t> resume_after_;
  rate_limited<line> lines_{std::chrono::seconds{10}, 8};
  relay_notices notices_;
  std::atomic<std::int64_t> highest_read_;
  std::atomic<steady_clock::rep> went_back_at_{never};
  std::atomic<steady_clock::rep> leap_since_{never};
  std::atomic<bool> cursor_refused_{false};
  std::atomic<std::uint64_t> strays_{0};
};

} // namespace prism
