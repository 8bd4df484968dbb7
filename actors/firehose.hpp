#pragma once

#include "actors/intake/shard_lane.hpp"
#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/rate_limited.hpp"
#include "core/watermark.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"
#include "net/relay/ws_source.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <vector>

namespace prism {

/// Owns the one WebSocket and the replay window. Frames are routed by the hash of their repo's DID;
/// each shard gets as many as it has credit for, and the rest waits here. The socket is read only
/// while the window has room, so that a slow database is felt by the relay and nothing is dropped.
/// A shard that was restarted gets everything again that it has not committed.
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
  void load_cursors();
  void open(const std::vector<db::shard_cursor>& cursors);
  void start_source();
  [[nodiscard]] net::ws_source_callbacks callbacks();
  void route(const source_frames& arrived);
  void repeated(std::int64_t seq);
  void on_shard_ready(const shard_ready& ready);
  void durable(const frames_durable& done);
  void feed(std::size_t shard);
  void top_up_credit();
  void each_tick();
  void finish_if_caught_up();
  void show();
  [[nodiscard]] std::size_t window_frames() const;

  self_pointer self_;
  node_ptr node_;
  bool loading_cursors_{false}; // for the cursors
  std::optional<watermark> progress_;
  std::vector<shard_lane> lanes_;
  std::size_t window_bytes_{0};
  std::uint64_t granted_{0}; // frames the source may still deliver
  std::int64_t event_time_{0};
  std::chrono::steady_clock::time_point last_arrival_;
  rate_limited<int> repeated_lines_{std::chrono::seconds{10}, 1};
  metrics::channel_metrics channel_;
  metrics::running_total exhausted_;
  metrics::running_total lanes_stalled_;
  metrics::running_total source_stalled_;
  std::atomic<std::int64_t> highest_read_{-1}; // -1: nothing yet; written on the I/O thread
  std::unique_ptr<net::ws_source> source_;     // last: its thread uses what is above
};

} // namespace prism
