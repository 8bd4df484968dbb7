#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace prism {

/// What the number of an arriving frame says about it.
enum class arrival_order : std::uint8_t {
  in_order,  ///< the stream goes on here: the cursor may follow
  far_ahead, ///< a leap that nothing confirms yet: index it, but the cursor stays
  late,      ///< below the highest number, but never read: index it, the cursor stays
  repeated,  ///< read before: skip it
  refused    ///< out of order like too many before it: skip it; an operator has to decide
};

/// The numbers that were read: disjoint intervals, ascending. Bounded: beyond `capacity` intervals
/// the oldest gap is forgotten, that is, counts as read.
class read_numbers {
public:
  struct interval {
    std::int64_t first{0};
    std::int64_t last{0};
  };
  explicit read_numbers(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] bool contains(std::int64_t number) const noexcept;
  /// Numbers above all before cost O(1), others O(intervals).
  void add(std::int64_t number);

private:
  std::size_t capacity_;
  std::deque<interval> intervals_;
};

/// Decides by the numbers of the frames which of them come in order, and up to where the stream was
/// read. A relay may send a stray number far ahead and then go on below it, repeat itself, deliver
/// late, or begin anew with low numbers; no event may be lost for that, and the cursor may not move
/// to a number that the stream has not reached. The table of all transitions is in
/// docs/ARCHITECTURE.md ("Numbers of the relay").
///
/// A plain value for one thread; the clock is passed in.
class stream_sequence {
public:
  /// A number more than this above the highest one is a leap, which has to be confirmed.
  static constexpr std::int64_t greatest_step = 1'000;
  /// A leap is confirmed by this many ascending numbers, the first included …
  static constexpr std::size_t confirming_frames = 8;
  /// … or by two, if nothing contradicted the first for this long.
  static constexpr std::chrono::milliseconds confirming_time{1'000};
  /// Frames out of order taken without one in order between them; more are refused.
  static constexpr std::size_t most_apart = 50;
  /// The numbers went back if this many frames came below the highest number, or one was refused …
  static constexpr std::size_t alarming_frames = 3;
  /// … and none came in order within this time after the first of them.
  static constexpr std::chrono::milliseconds alarming_time{3'000};
  /// Gaps between the numbers read that are remembered.
  static constexpr std::size_t remembered_intervals = 256;

  /// What an arrival decides.
  struct arrival {
    arrival_order order{arrival_order::in_order};
    /// Numbers far ahead that this frame has shown to be strays: the stream goes on below them.
    std::vector<std::int64_t> strays{};
    /// The numbers had gone back (`went_back_at`), and this frame is in order again.
    bool recovered{false};
  };

  /// @param start the number after which the stream was requested; -1: at the live end.
  explicit stream_sequence(std::int64_t start) : highest_(start) {}

  /// A frame with number `seq` (at least 1) has arrived.
  [[nodiscard]] arrival arrived(std::int64_t seq, time_point now);

  /// The highest number reached in order, or the start. Where the stream is resumed.
  [[nodiscard]] std::int64_t highest() const noexcept { return highest_; }

  /// The time from which the numbers count as gone back, unless a frame in order comes before:
  /// every event now has a number that was passed, so the cursor cannot follow. Empty: no sign.
  [[nodiscard]] std::optional<time_point> went_back_at() const noexcept;

  /// Since when an unconfirmed leap has stood; empty: there is none.
  [[nodiscard]] std::optional<time_point> leap_since() const noexcept {
    return leap_.empty() ? std::nullopt : std::optional{leap_since_};
  }

private:
  [[nodiscard]] arrival reach(std::int64_t seq, time_point now);
  [[nodiscard]] arrival leap(std::int64_t seq, time_point now);
  [[nodiscard]] arrival below(std::int64_t seq, time_point now);
  [[nodiscard]] bool may_take_apart(time_point now);

  std::int64_t highest_;
  read_numbers read_{remembered_intervals};
  /// Numbers of an unconfirmed leap, ascending; since when its first one stands.
  std::vector<std::int64_t> leap_;
  time_point leap_since_;
  // Since the last frame in order:
  std::size_t apart_{0};                    // taken out of order
  std::size_t below_{0};                    // below the highest number
  std::optional<time_point> below_since_;   // when the first of those came
  std::optional<time_point> refused_since_; // when the first frame was refused
};

} // namespace prism
