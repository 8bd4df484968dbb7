#pragma once

#include "actors/intake/frame_intake.hpp"
#include "actors/intake/replay_window.hpp"
#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/ask_again.hpp"
#include "core/lane_shuffle.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"
#include "net/relay/ws_source.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace prism {

/// Owns the one WebSocket to the relay. `frame_intake` routes the frames by the hash of their
/// repo's DID, on the source's I/O thread; `replay_window` decides what each shard is sent and how
/// much may be read. The socket is read only while the window has room: a slow database slows the
/// relay down, and no frame is dropped. A shard that was restarted is sent again everything that it
/// has not committed.
class firehose_state {
public:
  using interface = firehose_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "firehose";

  firehose_state(self_pointer self, node_ptr node);
  ~firehose_state();
  firehose_state(const firehose_state&) = delete;
  firehose_state& operator=(const firehose_state&) = delete;

  interface::behavior_type make_behavior();

private:
  // -- start: cursors, then the source ---------------------------------------------------------
  void load_cursors();
  void open(const std::vector<db::shard_cursor>& cursors);

  // -- the source (firehose_source.cpp) --------------------------------------------------------
  void start_source();
  [[nodiscard]] net::ws_source_callbacks callbacks();

  // -- messages --------------------------------------------------------------------------------
  void on_frames(const source_frames& arrived);
  void on_shard_ready(const shard_ready& ready);
  void on_durable(const frames_durable& report);
  void on_tick();

  // -- what follows from them ------------------------------------------------------------------
  void feed(std::size_t shard);
  void feed_all();
  void open_shuffled_lanes();
  void ask_for_announcements();
  void advance_idle_shards();
  void top_up_credit();
  [[nodiscard]] bool may_read() const;
  void ask_again_if_due();
  void finish_if_caught_up();

  // -- reports to others (firehose_reports.cpp) ------------------------------------------------
  [[nodiscard]] actor_status status() const;
  void watch_numbers();
  void observe_latencies();
  void update_metrics();
  void show_lanes();

  [[nodiscard]] static time_point now() { return steady_clock::now(); } // any thread

  self_pointer self_;
  node_ptr node_;
  bool loading_cursors_{false};
  std::optional<replay_window> window_; // both empty until the cursors are loaded
  std::optional<frame_intake> intake_;
  std::optional<lane_shuffle> shuffle_; // tests only
  time_point asked_shards_{};           // to announce themselves
  std::uint64_t arrived_at_tick_{0};
  bool any_paused_{false};
  bool went_back_{false}; // the relay's numbers
  ask_again asking_;
  std::uint64_t strays_{0}; // seen by `asking_`
  metrics::channel_metrics channel_;
  metrics::running_total exhausted_;
  metrics::running_total lanes_stalled_;
  metrics::running_total source_stalled_;
  std::shared_ptr<metrics::bounded_channel> inbox_; // frames read that have not arrived here
  std::unique_ptr<net::ws_source> source_;          // last: its thread uses `intake_`
};

} // namespace prism
