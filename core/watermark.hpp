#pragma once

#include "core/error.hpp"
#include "core/stream_position.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace prism {

/// Which part of the firehose is committed, as seen by the sender of the frames. Sequence numbers
/// increase with gaps, and each frame belongs to at most one shard. A frame out of order gets a
/// position behind all that its shard has, and does not move the highest number.
///
/// Every operation is O(log shards) amortised, and memory is bounded: at most `max_outstanding`
/// frames are without acknowledgement. Not thread-safe.
class watermark {
public:
  /// @param durable the seq up to which each shard has committed, in shard order; at least one
  ///        shard. The stream starts above the lowest of them, where the source has to resume.
  /// @param max_outstanding frames delivered but not acknowledged; 0 is taken as 1.
  watermark(std::vector<std::int64_t> durable, std::size_t max_outstanding);

  /// The source has read frame `seq` in order, which is for `shard`.
  /// @returns true: it is now outstanding and must be sent to the shard. False: the shard has
  ///          committed it before and must not get it again.
  /// Errors: `errc::invalid` if `seq` is not above every earlier one or there is no such shard;
  /// `errc::limit` if the window is full. Nothing changes then.
  [[nodiscard]] expected<bool> delivered(std::int64_t seq, std::size_t shard);

  /// The source has read a frame out of order, which is for `shard`. It is now outstanding and must
  /// be sent to the shard, whatever that has committed.
  /// @returns its position: behind every frame of the shard, at or below what was reached in order.
  /// Errors: `errc::invalid` if there is no such shard; `errc::limit` as above.
  [[nodiscard]] expected<stream_position> delivered_apart(std::size_t shard);

  /// The source has read `seq` in order, which belongs to no shard.
  /// Error `errc::invalid` as above.
  [[nodiscard]] expected<void> skip(std::int64_t seq);

  /// `shard` has committed everything up to and including `up_to`. A lower position than before is
  /// legal, since a restarted shard repeats itself, and moves nothing back.
  /// @returns how many frames left the window.
  /// Error `errc::invalid` if `up_to` is above `known` or there is no such shard.
  [[nodiscard]] expected<std::size_t> acked(std::size_t shard, stream_position up_to);

  /// `shard` stands at `cursor`, which may be above everything read since the stream was opened.
  /// @returns as `acked`. @pre `shard < shards()`.
  std::size_t announced(std::size_t shard, std::int64_t cursor);

  /// The last position that `shard` can have committed of what was read.
  /// @pre `shard < shards()`.
  [[nodiscard]] stream_position known(std::size_t shard) const noexcept;

  /// The highest seq at or below which every frame is committed or belongs to no shard: where to
  /// resume. It never decreases.
  [[nodiscard]] std::int64_t low_watermark() const noexcept;

  /// The highest seq read in order, or the one the stream started above.
  [[nodiscard]] std::int64_t highest() const noexcept { return highest_; }

  /// What `shard` has committed. @pre `shard < shards()`.
  [[nodiscard]] stream_position durable(std::size_t shard) const noexcept {
    return shards_[shard].durable;
  }

  /// The seq to which the cursor of an idle `shard` may be moved without a frame of its own; empty
  /// if it has frames outstanding (their acknowledgement moves it) or is already there.
  /// @pre `shard < shards()`, and messages to a shard arrive in the order they were sent.
  [[nodiscard]] std::optional<std::int64_t> advance_for(std::size_t shard) const noexcept;

  /// Frames of all shards, or of one, that were delivered and not acknowledged.
  [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }
  [[nodiscard]] std::size_t outstanding(std::size_t shard) const noexcept {
    return shards_[shard].waiting.size();
  }

  [[nodiscard]] std::size_t shards() const noexcept { return shards_.size(); }
  [[nodiscard]] std::size_t max_outstanding() const noexcept { return max_outstanding_; }

private:
  struct shard_state {
    stream_position durable;
    std::deque<stream_position> waiting; // increasing
  };

  [[nodiscard]] expected<void> check_new(std::int64_t seq) const;
  [[nodiscard]] expected<void> check_shard(std::size_t shard) const;
  [[nodiscard]] expected<void> check_room() const;
  std::size_t release(std::size_t shard, stream_position up_to);
  void wait_for(std::size_t shard, stream_position position);

  std::vector<shard_state> shards_;
  // The first waiting position of each shard that has one; its lowest bounds the low watermark.
  std::set<std::pair<stream_position, std::size_t>> fronts_;
  std::int64_t highest_{0};
  std::size_t outstanding_{0};
  std::size_t max_outstanding_;
};

} // namespace prism
