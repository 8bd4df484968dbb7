#pragma once

#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/backoff.hpp"
#include "core/batch_size.hpp"
#include "core/depth_guard.hpp"
#include "core/lru_cache.hpp"
#include "db/batch/batch_builder.hpp"
#include "db/index/report.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"

#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace prism {

/// One lane of the firehose: decodes its repos' frames in order and writes them in batches, one at
/// a time. A batch is what arrived while the previous one was in the database. Until a batch is
/// committed its frames are kept, so a failure of any kind is answered by trying again, and one for
/// lack of time with fewer frames, since more of them may never end. What is refused for its
/// content is narrowed down to one frame, and the operations of it that are at fault are put into
/// dead_letters. A fatal error
/// (wrong SQL, schema, rights) is narrowed down as well, but the shard then stands before that
/// frame, loudly, until a person has mended the cause.
class shard_state {
public:
  using interface = shard_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "shard";

  /// Ids of DIDs kept in memory by each shard.
  static constexpr std::size_t cache_capacity = 50'000;

  /// Changes of parked operations kept while pending_ops is busy; more are not told, since its
  /// memory is only a cache.
  static constexpr std::size_t unreported_capacity = 20'000;

  /// How long a shard may be at one thing before /readyz says so, when next that fails.
  static constexpr std::chrono::seconds stall_threshold{30};

  /// Frames a shard may have before they are committed: two batches.
  [[nodiscard]] static std::size_t capacity(const config::options& options) {
    return 2 * options.batch_max_frames;
  }

  shard_state(self_pointer self, node_ptr node, std::size_t number);

  interface::behavior_type make_behavior();

private:
  enum class phase {
    loading,       ///< asking where it stands
    idle,          ///< nothing to write
    resolving_ids, ///< waiting for ids of DIDs
    writing,       ///< a batch is in the database
    backing_off,   ///< waiting before it tries again
  };

  void load_cursor();
  void restart_stream();
  void announce();
  void report_durable(std::int64_t event_time);
  void accept(const frame_batch& arrived);
  void advance(const advance_to& target);
  void build();
  void start_batch();
  void mark_waiting();
  void resolve_user_ids();
  void write();
  steady_clock::duration observe_batch();
  void written(const db::apply_report& report);
  void not_written(const job_failure& failure);
  void record_partial(const db::partial_report& of);
  void committed(const db::apply_report& report);
  void bisect(const db::db_error& why);
  void shrink_batch(const db::db_error& why);
  void requeue();
  void block_on_fatal(const db::db_error& why);
  void mark_blocked(const std::string& cause);
  void quarantine_frame();
  void retry_later(std::string_view what, const std::string& why);
  void on_retry_timer();
  void stop_if_idle();
  void count(const db::apply_report& report);
  void count_not_indexed();
  void report_pending(const db::apply_report& report);
  void send_pending();

  self_pointer self_;
  node_ptr node_;
  std::size_t number_;
  metrics::shard_metrics metrics_;
  db::build_events events_;
  lru_cache<std::string, std::int64_t> user_ids_{cache_capacity};
  metrics::shown_cache shown_user_ids_; // of all shards together
  backoff backoff_;
  std::minstd_rand random_{std::random_device{}()};

  std::uint64_t incarnation_{0}; // of the last announcement
  bool announcement_due_{false};
  bool blocked_{false}; // before something that needs a person
  phase phase_{phase::loading};
  bool stopping_{false};
  std::int64_t durable_seq_{0};
  std::int64_t last_seq_{0};   // of the newest frame taken in
  std::int64_t idle_until_{0}; // where an idle shard's cursor may go
  depth_guard depth_;

  std::deque<routed_frame> queue_;      // not decoded yet
  std::vector<routed_frame> in_flight_; // in the batch that is being written
  batch_size size_;                     // of the next batch
  std::shared_ptr<db::batch> batch_;
  /// What of its frames is not indexed. Told at once, or a death behind the commit would hide it;
  /// counted when it is committed, since it may be built again.
  struct not_indexed {
    struct record {
      std::string collection, reason;
    };
    std::vector<record> records;
    std::vector<errc> frames;
    std::size_t unknown_collections{0};
  } not_indexed_;
  std::int64_t current_seq_{0};                        // the frame that is taken into the batch
  std::int64_t logged_up_to_seq_{0};                   // the last frame of which all was told
  std::optional<db::apply_report> unconfirmed_report_; // of the try whose COMMIT was not answered
  std::optional<db::db_error> refusal_;                // of the one frame that is being spared
  bool quarantine_whole_frame_{false};                 // it is put aside as a whole
  std::vector<std::string> unresolved_;                // DIDs of the batch without id
  std::vector<std::size_t> unresolved_at_;
  std::chrono::steady_clock::time_point started_; // of the batch that is being written
  std::optional<time_point> waiting_since_;       // for what is to be done now and is not

  std::vector<db::pending_change> unreported_; // while pending_ops is busy with the last report
  bool pending_report_lost_{false};            // some will never be
  bool reporting_{false};
};

} // namespace prism
