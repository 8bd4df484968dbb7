#pragma once

#include "actors/intake/shard_lane.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/read_credit.hpp"
#include "core/stamp_median.hpp"
#include "core/watermark.hpp"
#include "messages/types.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace prism {

/// The uncommitted frames of the stream, and every decision about them: which frame goes into which
/// lane, what a shard is sent, how many frames the source may read, and whether the stream has
/// ended. Bounded by the limits it is given. A plain value for one thread; the firehose carries out
/// what it says.
class replay_window {
public:
  /// The channel firehose → shard, all lanes together.
  struct channel_summary {
    std::size_t depth{0};    ///< frames sent and not committed
    std::size_t capacity{0}; ///< frames that may be
    std::uint64_t exhausted{0};
    steady_clock::duration stalled{0};
  };

  /// @param durable the committed seq of each shard, in shard order; at least one.
  /// @param lane_capacity frames that one shard accepts before it has committed any.
  /// @param limits frames and bytes of the window; the largest frame; frames granted at most.
  replay_window(std::vector<std::int64_t> durable, std::size_t lane_capacity, read_limits limits,
                time_point now);

  /// Frames from the source: puts them into their lanes and takes back their read credit. A frame
  /// without seq, or one that the intake found repeated or refused, only returns credit. In order:
  /// one without shard moves the watermark, and one that its shard has committed already is
  /// dropped. Out of order: the frame is placed behind all that its lane has.
  /// @returns the shards whose lane has new frames, ascending.
  /// Errors are defects: `errc::limit` if there are more frames than were granted and fit,
  /// `errc::invalid` if one in order is not above those before it.
  [[nodiscard]] expected<std::vector<std::size_t>> receive(const source_frames& arrived,
                                                           time_point now);

  /// Whether the window still has, or has not read yet, everything above the seq that a shard
  /// announces. Not so if the shard had committed more before: then the database went back, and the
  /// relay has to be asked again from there.
  [[nodiscard]] bool reaches_back_to(const shard_ready& ready) const noexcept;

  /// A shard has announced itself. Everything it has not committed is to be sent again.
  /// @returns false, and does nothing, if there is no such shard.
  bool announce(const shard_ready& ready, time_point now);

  /// A shard has committed everything up to a position: its frames leave the window.
  /// @returns false, and does nothing, if there is no such shard, or if it has not announced
  /// itself: it then speaks of positions that another firehose gave.
  bool committed(const frames_durable& report, time_point now);

  /// What to send to `shard` now; empty if it has no credit or there is nothing for it.
  /// @pre `shard < shards()`
  [[nodiscard]] std::optional<frame_batch> take(std::size_t shard, time_point now);

  /// The seq to which the cursor of `shard` may move since it has no uncommitted frames; empty if
  /// it has some, or its cursor is there already. @pre `shard < shards()`
  [[nodiscard]] std::optional<std::int64_t> advance_for(std::size_t shard) const noexcept;

  /// Frames that the source may read besides those granted before; they count as granted from now
  /// on. 0 if the window has no room, or too little to be worth a call.
  [[nodiscard]] std::uint64_t grant() noexcept;

  /// Restarts the time without frames that `caught_up` measures.
  void reset_quiet_time(time_point now) noexcept { last_arrival_ = now; }

  /// Whether the stream has ended, as far as can be told: frames were read, none came for
  /// `quiet_time`, all are committed, every cursor is at the end, and `identity` has looked for
  /// untried tasks after the last commit and found none. Never, if `quiet_time` is 0.
  /// @param identity_idle_since when that search began.
  [[nodiscard]] bool caught_up(std::chrono::milliseconds quiet_time, time_point identity_idle_since,
                               time_point now) const noexcept;

  [[nodiscard]] std::size_t shards() const noexcept { return lanes_.size(); }
  /// Uncommitted frames, and their bytes.
  [[nodiscard]] std::size_t frames() const noexcept { return progress_.outstanding(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Frames granted that have not arrived.
  [[nodiscard]] std::uint64_t granted() const noexcept { return granted_; }
  /// The highest seq read, or the lowest committed one before any was read.
  [[nodiscard]] std::int64_t highest() const noexcept;
  /// The seq at or below which nothing is uncommitted.
  [[nodiscard]] std::int64_t low_watermark() const noexcept;
  /// The median time of the last events committed, in µs since 1970: one stamp, which its host
  /// chooses, does not move it. Empty: none yet.
  [[nodiscard]] std::optional<std::int64_t> event_time() const noexcept { return stamps_.value(); }
  /// How long the frame that waits longest for its commit has been here; 0: all is committed.
  [[nodiscard]] steady_clock::duration longest_wait(time_point now) const noexcept;
  /// For inspection. @pre `shard < shards()`
  [[nodiscard]] const shard_lane& lane(std::size_t shard) const { return lanes_.at(shard); }
  /// How long each of the frames that have left the window since the last call was here.
  [[nodiscard]] std::vector<steady_clock::duration> take_latencies() noexcept {
    return std::exchange(latencies_, {});
  }
  [[nodiscard]] channel_summary channel(time_point now) const noexcept;

private:
  [[nodiscard]] expected<void> receive_one(const source_frames::item& item,
                                           std::vector<std::size_t>& fed);
  void push(const source_frames::item& item, stream_position position,
            std::vector<std::size_t>& fed);
  void drop_frames(std::size_t shard, stream_position end, time_point now);

  watermark progress_;
  std::vector<shard_lane> lanes_;
  read_limits limits_;
  std::size_t bytes_{0};
  std::uint64_t granted_{0};
  stamp_median stamps_;
  std::vector<steady_clock::duration> latencies_;
  bool any_read_{false}; // a frame with a number
  time_point last_arrival_;
  time_point last_commit_; // that was reported; identity's tasks come with commits
};

} // namespace prism
