#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace prism {

/// Which part of the firehose is committed, as seen by the sender of the frames. Sequence numbers
/// increase with gaps, and each frame belongs to at most one shard.
///
/// Every operation is O(log shards) amortised, and memory is bounded: at most `max_outstanding`
/// frames are without acknowledgement. Not thread-safe.
class watermark {
public:
  /// @param durable the seq up to which each shard has committed, in shard order; at least one
  ///        shard. The stream starts above the lowest of them, where the source has to resume.
  /// @param max_outstanding frames delivered but not acknowledged; 0 is taken as 1.
  watermark(std::vector<std::uint64_t> durable, std::size_t max_outstanding);

  /// The source has read frame `seq`, which is for `shard`.
  /// @returns true: it is now outstanding and must be sent to the shard. False: the shard has
  ///          committed it before and must not get it again.
  /// Errors: `errc::invalid` if `seq` is not above every earlier one (a frame read again after a
  /// reconnect) or there is no such shard; `errc::limit` if the window is full. Nothing changes
  /// then.
  [[nodiscard]] expected<bool> delivered(std::uint64_t seq, std::size_t shard);

  /// The source has read `seq`, which belongs to no shard.
  /// Error `errc::invalid` as above.
  [[nodiscard]] expected<void> skip(std::uint64_t seq);

  /// `shard` has committed everything up to and including `up_to`. A lower seq than before is
  /// legal, since a restarted shard repeats itself, and moves nothing back.
  /// @returns how many frames left the window.
  /// Error `errc::invalid` if `up_to` was never read or there is no such shard.
  [[nodiscard]] expected<std::size_t> acked(std::size_t shard, std::uint64_t up_to);

  /// The highest seq at or below which every frame is committed or belongs to no shard: where to
  /// resume. It never decreases.
  [[nodiscard]] std::uint64_t low_watermark() const noexcept;

  /// The highest seq read, or the one the stream started above.
  [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }

  /// The highest seq `shard` has committed. @pre `shard < shards()`.
  [[nodiscard]] std::uint64_t durable(std::size_t shard) const noexcept {
    return shards_[shard].durable;
  }

  /// The seq to which the cursor of an idle `shard` may be moved without a frame of its own; empty
  /// if it has frames outstanding (their acknowledgement moves it) or is already there.
  /// @pre `shard < shards()`, and messages to a shard arrive in the order they were sent.
  [[nodiscard]] std::optional<std::uint64_t> advance_for(std::size_t shard) const noexcept;

  /// Frames of all shards, or of one, that were delivered and not acknowledged.
  [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }
  [[nodiscard]] std::size_t outstanding(std::size_t shard) const noexcept {
    return shards_[shard].waiting.size();
  }

  [[nodiscard]] std::size_t shards() const noexcept { return shards_.size(); }
  [[nodiscard]] std::size_t max_outstanding() const noexcept { return max_outstanding_; }

private:
  struct shard_state {
    std::uint64_t durable{0};
    std::deque<std::uint64_t> waiting; // increasing
  };

  [[nodiscard]] expected<void> check_new(std::uint64_t seq) const;
  [[nodiscard]] expected<void> check_shard(std::size_t shard) const;

  std::vector<shard_state> shards_;
  // The first waiting seq of each shard that has one; its lowest bounds the low watermark.
  std::set<std::pair<std::uint64_t, std::size_t>> fronts_;
  std::uint64_t highest_{0};
  std::size_t outstanding_{0};
  std::size_t max_outstanding_;
};

} // namespace prism
