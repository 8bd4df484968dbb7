// What the firehose shows to operators and to the metrics.
#include "actors/firehose.hpp"
#include "core/wall_clock.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <utility>

namespace prism {

actor_status firehose_state::status() const {
  boost::json::object out{{"relay", node_->service_shown},
                          {"window_frames", window_ ? window_->frames() : 0},
                          {"window_bytes", window_ ? window_->bytes() : 0},
                          {"highest_read", intake_ ? intake_->highest_read() : -1},
                          {"durable", window_ ? window_->low_watermark() : 0},
                          {"numbers_went_back", went_back_}};
  if (!window_)
    return {name, std::move(out)};
  boost::json::array lanes;
  for (std::size_t shard = 0; shard < std::min(window_->shards(), actor_status::max_listed);
       ++shard) {
    const auto& lane = window_->lane(shard);
    const auto oldest = lane.oldest();
    lanes.push_back(
        {{"shard", shard},
         {"frames", lane.frames()},
         {"bytes", lane.bytes()},
         {"in_flight", lane.credit().in_flight()},
         {"oldest_seconds", oldest ? std::chrono::duration<double>(now() - *oldest).count() : 0.0},
         {"announced", lane.incarnation() != 0}});
  }
  out["lanes"] = std::move(lanes);
  return {name, std::move(out)};
}

// The relay is connected and sends, but the cursor cannot follow: nothing else would show it.
void firehose_state::watch_numbers() {
  if (std::exchange(went_back_, intake_->went_back(now())) == went_back_)
    return;
  node_->metrics.firehose().went_back->Set(went_back_ ? 1 : 0);
  if (!went_back_)
    return node_->status.clear_problem(name);
  const bool refused = intake_->cursor_refused();
  const auto text = fmt::format("the numbers of the relay went back: {} {}, which was reached "
                                "before; if its sequence began anew, stop this node and run prismd "
                                "--begin-new-stream",
                                refused ? "it says FutureCursor to our cursor"
                                        : "it sends only events at or below",
                                refused ? intake_->highest_read() : window_->highest());
  log::firehose().error("{}", text);
  node_->status.set_problem(name, text);
}

void firehose_state::observe_latencies() {
  const auto& out = node_->metrics.firehose();
  const auto latencies = window_->take_latencies();
  for (const auto latency : latencies)
    out.commit_seconds->Observe(std::chrono::duration<double>(latency).count());
  if (!latencies.empty())
    out.last_commit->SetToCurrentTime();
}

void firehose_state::update_metrics() {
  const auto& out = node_->metrics.firehose();
  out.last_seq->Set(static_cast<double>(window_->highest()));
  out.durable_seq->Set(static_cast<double>(window_->low_watermark()));
  out.uncommitted_age->Set(std::chrono::duration<double>(window_->longest_wait(now())).count());
  if (const auto stamp = window_->event_time())
    out.event_timestamp->Set(std::min(static_cast<double>(*stamp) / 1e6, seconds_since_1970()));
  out.window_frames->Set(static_cast<double>(window_->frames()));
  out.window_capacity->Set(static_cast<double>(node_->options.firehose_window_frames));
  out.window_bytes->Set(static_cast<double>(window_->bytes()));
  out.window_capacity_bytes->Set(static_cast<double>(node_->options.firehose_window_bytes));
  const auto channel = window_->channel(now());
  channel_.depth->Set(static_cast<double>(channel.depth));
  channel_.capacity->Set(static_cast<double>(channel.capacity));
  exhausted_.show(static_cast<double>(channel.exhausted));
  lanes_stalled_.show(std::chrono::duration<double>(channel.stalled).count());
  if (source_)
    source_stalled_.show(std::chrono::duration<double>(source_->stats().stalled).count());
}

void firehose_state::show_lanes() {
  std::vector<lane_work> lanes;
  for (std::size_t shard = 0; shard < window_->shards(); ++shard)
    lanes.push_back({window_->lane(shard).frames(), window_->lane(shard).oldest()});
  node_->lanes.show(std::move(lanes));
}

} // namespace prism
