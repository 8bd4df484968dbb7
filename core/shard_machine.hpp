#pragma once

#include "core/backoff.hpp"
#include "core/batch_size.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>

namespace prism {

/// Why an attempt to write a batch failed, as far as it decides what a shard does next.
enum class batch_failure {
  transient,      ///< nothing was committed; the same batch may succeed later
  out_of_time,    ///< it was cut off while it ran; a smaller batch, or more time, may do
  too_large,      ///< it ran out of locks, memory or disk; a smaller batch may succeed
  commit_unknown, ///< the answer to COMMIT was lost
  poison,         ///< the content was rejected
  fatal,          ///< wrong SQL, schema or rights: needs operator action
  fenced,         ///< another process has taken over the right to write
};

/// What a batch holds.
struct batch_load {
  std::size_t frames{0}; ///< 0: it only moves the cursor
  std::size_t ops{0};    ///< operations, at least one for each frame
  bool full{false};      ///< another frame would have been too much
  bool divisible{true};  ///< it has operations, which can be written one by one
};

/// What a shard has to do next.
struct shard_decision {
  enum class action {
    none,
    load_cursor, ///< ask the database for the stored cursor
    build,       ///< build a batch from the queue
    resolve_ids, ///< get the ids of its DIDs
    write,       ///< hand it to the database, with `time_factor`
    quarantine,  ///< apply its only frame without what is rejected (`quarantine_whole_frame`)
                 ///< or does not end (`one_by_one`)
    wait,        ///< for `delay`, then call `on_timer`
    stop,        ///< end the actor
  };
  action next{action::none};
  std::chrono::milliseconds delay{0};
  bool announce{false};            ///< first announce the shard to the firehose
  bool requeue{false};             ///< first put the frames in flight back at the head of the queue
  bool acknowledge{false};         ///< report the durable seq: no commit would
  bool clear_problem{false};       ///< the shard makes progress: readiness no longer names it
  bool blocked{false};             ///< the shard is blocked from now on: report it
  bool pending_report_lost{false}; ///< what the batch parked and released cannot be reported
  /// How long the shard has made no progress, if that is long enough for readiness to report it.
  std::optional<std::chrono::seconds> stalled{};
};

/// The decisions of one shard, as a plain value: events in, the next action out. The clock and
/// random numbers are passed in; frames, batches and reports are the caller's. One batch is in the
/// database at a time. A batch that fails stays in flight until it is committed, is retried with
/// fewer frames if it was too large, and is bisected down to one frame if its content was rejected
/// or a fatal error occurred. A single frame that runs out of time gets twice as much with each
/// attempt, up to `max_time_factor`; then its operations are written one by one, and those that do
/// not end alone are quarantined. So nothing is tried for ever in the same form.
class shard_machine {
public:
  enum class phase {
    loading_cursor, ///< until the stored cursor is known
    idle,           ///< nothing to write
    resolving_ids,  ///< waiting for ids of DIDs
    writing,        ///< a batch is in the database
    backing_off,    ///< waiting before the next attempt
  };

  /// Time without progress after which readiness reports the shard, for any reason.
  static constexpr std::chrono::seconds stall_threshold{30};

  /// The most time that a single frame gets, in transaction timeouts.
  static constexpr unsigned max_time_factor = 16;

  /// @param max_batch_ops most operations in a batch; see `batch_size`.
  /// @param transaction_timeout the time after which the database gives up a batch.
  shard_machine(std::size_t max_batch_ops, std::chrono::milliseconds transaction_timeout,
                backoff_options delays)
      : size_(max_batch_ops, transaction_timeout), transaction_timeout_(transaction_timeout),
        backoff_(delays) {}

  /// The actor starts.
  [[nodiscard]] shard_decision on_start(time_point now);
  /// The stored cursor is known.
  [[nodiscard]] shard_decision on_cursor();
  /// Frames arrived. @param repeated some of them were received before.
  [[nodiscard]] shard_decision on_frames(bool repeated, bool has_work, time_point now);
  /// A new cursor target arrived.
  [[nodiscard]] shard_decision on_work(bool has_work, time_point now);
  /// A batch is built.
  [[nodiscard]] shard_decision on_built(const batch_load& load);
  /// All ids of the batch are known.
  [[nodiscard]] shard_decision on_ids();
  /// Table users rejected a DID of the batch.
  [[nodiscard]] shard_decision on_ids_rejected(time_point now, double random01);
  /// The ids cannot be had now. @param fatal retrying cannot help.
  [[nodiscard]] shard_decision on_ids_failed(bool fatal, time_point now, double random01);
  /// The batch is committed, in `took`.
  /// @param queue_empty no frame waits. @param has_work something is left to write.
  [[nodiscard]] shard_decision on_committed(steady_clock::duration took, bool queue_empty,
                                            bool has_work, time_point now);
  /// The batch was not committed. @param has_unconfirmed the caller has the report of an attempt
  /// whose COMMIT was not answered.
  [[nodiscard]] shard_decision on_failed(batch_failure why, bool has_unconfirmed, time_point now,
                                         double random01);
  /// The stored cursor could not be read.
  [[nodiscard]] shard_decision on_cursor_failed(time_point now, double random01);
  /// The firehose was restarted; the queue has been emptied. Before the shard announces itself, it
  /// reads its cursor again: a session that served the actor before this one may have committed
  /// after this one read it, and the firehose has read the later value.
  [[nodiscard]] shard_decision on_stream_restarted(time_point now);
  /// The delay of `wait` is over.
  [[nodiscard]] shard_decision on_timer(bool queue_empty, bool has_work, time_point now);
  /// The node stops: finish the batch in flight, start no other.
  [[nodiscard]] shard_decision on_stop();

  [[nodiscard]] phase current() const noexcept { return phase_; }
  [[nodiscard]] bool blocked() const noexcept { return blocked_; }
  [[nodiscard]] std::size_t max_ops() const noexcept { return size_.max_units(); }
  /// The batch in flight; of no frames if there is none.
  [[nodiscard]] const batch_load& in_flight() const noexcept { return in_flight_; }
  /// Whether the frame that is quarantined goes to dead_letters as a whole.
  [[nodiscard]] bool quarantine_whole_frame() const noexcept { return whole_frame_; }
  /// Whether the quarantined frame was not rejected but ran out of time.
  [[nodiscard]] bool one_by_one() const noexcept { return one_by_one_; }
  /// How many transaction timeouts the next attempt gets: 1, or more for a single frame that has
  /// run out of time.
  [[nodiscard]] unsigned time_factor() const noexcept { return time_factor_; }

private:
  [[nodiscard]] shard_decision start_batch(bool has_work, time_point now);
  [[nodiscard]] shard_decision go_on(bool queue_empty, bool has_work, time_point now);
  [[nodiscard]] shard_decision retry_later(time_point now, double random01);
  [[nodiscard]] shard_decision bisect(time_point now, double random01);
  [[nodiscard]] shard_decision shrink(time_point now, double random01);
  [[nodiscard]] shard_decision more_time(time_point now, double random01);
  [[nodiscard]] shard_decision block(time_point now, double random01);
  [[nodiscard]] shard_decision stop_if_idle(shard_decision otherwise) const;
  void requeue(shard_decision& decision);
  void mark_waiting(time_point now);

  batch_size size_;
  std::chrono::milliseconds transaction_timeout_;
  backoff backoff_;
  phase phase_{phase::loading_cursor};
  batch_load in_flight_;
  bool has_batch_{false};
  bool quarantining_{false};
  bool whole_frame_{false};
  bool one_by_one_{false};
  unsigned time_factor_{1};
  bool unconfirmed_{false}; // the caller keeps a report of an attempt whose COMMIT was not answered
  bool blocked_{false};
  bool announcement_due_{false};
  bool stopping_{false};
  std::optional<time_point> waiting_since_; // for progress
};

/// The words of `prismctl inspect`.
[[nodiscard]] std::string_view to_string(shard_machine::phase phase) noexcept;

} // namespace prism
