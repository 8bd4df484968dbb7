#pragma once

#include "actors/intake/batch_maker.hpp"
#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/frame_queue.hpp"
#include "core/lru_cache.hpp"
#include "core/pending_report.hpp"
#include "core/rate_limited.hpp"
#include "core/shard_machine.hpp"
#include "db/batch/batch.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace prism {

/// Indexes the repos of one lane of the firehose, in order, in batches: one batch at a time is in
/// the database, and it consists of what arrived meanwhile. The actor carries out what
/// core/shard_machine decides: frames are kept until their batch is committed, so every failure is
/// answered by another attempt, with fewer frames where that may help. Content that PostgreSQL
/// rejects is isolated and quarantined in dead_letters. A fatal error (wrong SQL, schema, rights)
/// blocks the shard at that frame until an operator has removed the cause.
class shard_state {
public:
  using interface = shard_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "shard";

  /// Ids of DIDs kept in memory by each shard.
  static constexpr std::size_t cache_capacity = 50'000;

  /// Changes of parked operations kept while pending_ops is busy. More are not reported: its memory
  /// is only a cache.
  static constexpr std::size_t unreported_capacity = 20'000;

  /// Frames that a shard may have before they are committed: two batches.
  [[nodiscard]] static std::size_t capacity(const config::options& options) {
    return 2 * options.batch_max_frames;
  }

  shard_state(self_pointer self, node_ptr node, std::size_t number);

  interface::behavior_type make_behavior();

private:
  // messages
  void receive(const frame_batch& arrived);
  void restart_stream();
  [[nodiscard]] actor_status status() const;

  // decisions and how they are carried out
  void carry_out(const shard_decision& decision, std::string_view what, const std::string& why);
  void carry_out(const shard_decision& decision) { carry_out(decision, {}, {}); }
  void load_cursor();
  void build();
  void resolve_ids();
  void on_user_ids(const interned_users& answer);
  void write();
  void quarantine();
  void on_committed(const db::apply_report& report);
  void on_failed(const job_failure& failure);
  void on_fenced();
  void note_rejection(const shard_decision& decision, const db::db_error& error,
                      const batch_load& load);
  void note_quarantine(const db::db_error& rejection);
  void on_ids_failed(bool fatal, const std::string& why);

  // reports to others
  void announce();
  void report_durable(std::vector<std::int64_t> stamps);
  void report_problem(const shard_decision& decision, std::string_view what,
                      const std::string& why);
  void report_pending(const db::apply_report& report);
  void send_pending();
  /// Tells the trace where the frames in flight are, if there is one.
  template <class Detail>
  void trace_in_flight(std::string_view where, Detail detail) {
    if (node_->events.active())
      for (const auto& frame : queue_.in_flight())
        node_->events.reached(frame.seq, where, detail(), now());
  }
  void count(const db::apply_report& report);
  void count_not_indexed();

  /// Throws if a promise of the firehose or of this actor is broken: the supervisor starts the
  /// shard again.
  static void must_hold(const expected<void>& promise);
  [[nodiscard]] time_point now() const { return steady_clock::now(); }
  [[nodiscard]] double random() { return std::uniform_real_distribution<>{0, 1}(random_); }

  self_pointer self_;
  node_ptr node_;
  std::size_t number_;
  std::int64_t token_; // of its placement, when the actor was started
  metrics::shard_metrics metrics_;
  lru_cache<std::string, std::int64_t> user_ids_{cache_capacity};
  metrics::shown_cache shown_user_ids_; // of all shards together
  std::minstd_rand random_{std::random_device{}()};

  // A stranger's record, or a database that is away, can cause these lines.
  enum class line : std::uint8_t {
    rejected_frame,
    unfinished_frame,
    rejected_batch,
    unfinished_batch,
    dead_letter,
    retrying,
    fenced
  };
  rate_limited<line> lines_{std::chrono::seconds{10}, 7};

  shard_machine machine_;
  frame_queue<routed_frame> queue_;
  batch_maker maker_;
  std::uint64_t incarnation_{0};        // of the last announcement
  std::shared_ptr<db::batch> batch_;    // of the frames in flight
  stream_position batch_end_;           // where the shard stands once it is committed
  bool handed_over_{false};             // a session has, or had, the batch
  std::vector<std::string> unresolved_; // DIDs of the batch without id
  std::vector<std::size_t> unresolved_at_;
  time_point started_{};                               // of the attempt to write the batch
  std::optional<db::db_error> rejection_;              // of the frame that is quarantined
  std::optional<db::apply_report> unconfirmed_report_; // of the attempt without answer to COMMIT
  pending_report<db::pending_change> pending_{unreported_capacity};
};

} // namespace prism
