#pragma once

#include "core/clock.hpp"
#include "core/frame_queue.hpp"
#include "core/rate_limited.hpp"
#include "core/shard_machine.hpp"
#include "core/stream_position.hpp"
#include "db/batch/batch_builder.hpp"
#include "messages/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prism {

/// What a batch's frames contained and Prism does not index, or only takes for the sake of old
/// records, for the counters.
struct not_indexed {
  struct record {
    std::string collection;
    std::string reason;
  };
  std::vector<record> records;         ///< rejected by their lexicon, CID or size
  std::vector<errc> frames;            ///< not decodable
  std::vector<db::stamp_field> stamps; ///< more than five minutes ahead of our clock
  std::size_t unknown_collections{0};  ///< operations on collections that are not indexed
  std::size_t legacy_blobs{0};         ///< blobs in the form from before 2023, which are indexed
};

/// Decodes the frames at the head of a shard's queue and builds their batch. What it leaves out is
/// logged when the frame is built for the first time, since a death behind the commit would hide
/// it, one line of each kind in ten seconds; and it is counted by the caller when the batch is
/// committed, since it may be built again. Plain value; one thread.
class batch_maker {
public:
  batch_maker();
  batch_maker(const batch_maker&) = delete;
  batch_maker& operator=(const batch_maker&) = delete;

  /// Moves frames of at most `max_ops` operations from the queue into flight, but at least one; a
  /// frame without operations, or that cannot be decoded, counts as one. A deletion of an account
  /// gets a batch of its own, since it may touch many rows.
  /// @param place_base of the stream (`db::place_of`)
  /// @param arrival the time by our clock, in µs since 1970; see `db::batch_builder`
  /// @param now for the limits of the log
  /// @returns their batch. Service, shard, token and `verify_deletions` are the caller's.
  [[nodiscard]] db::batch make(frame_queue<routed_frame>& queue, std::size_t max_ops,
                               std::int64_t place_base, std::int64_t arrival, time_point now);

  /// What the last batch leaves out.
  [[nodiscard]] const not_indexed& left_out() const noexcept { return left_out_; }

  /// What it holds.
  [[nodiscard]] const batch_load& load() const noexcept { return load_; }

private:
  enum class line : std::uint8_t { record, frame };

  /// Whether to log a line about the frame at work: the number of those left out; empty: no.
  [[nodiscard]] std::optional<std::uint64_t> may_log(line kind) {
    return current_ > logged_up_to_ ? lines_.allow(kind, now_) : std::nullopt;
  }

  void log_refused(const std::string& text);

  db::build_events events_;
  rate_limited<line> lines_{std::chrono::seconds{10}, 2};
  time_point now_; // of the call
  not_indexed left_out_;
  batch_load load_;
  stream_position current_; // of the frame that is being built
  stream_position logged_up_to_;
};

} // namespace prism
