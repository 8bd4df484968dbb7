#include "actors/firehose.hpp"

#include "actors/runtime/channels.hpp"
#include "actors/shard.hpp"
#include "core/exit_code.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace prism {

namespace {

constexpr std::chrono::milliseconds firehose_tick{200};

/// Time that a shard has to announce itself; then the firehose sends it `firehose_started` again.
constexpr std::chrono::seconds announcement_patience{2};

} // namespace

firehose_state::firehose_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)), channel_(node_->metrics.channel("firehose_to_shard")),
      exhausted_(*channel_.exhausted), lanes_stalled_(*channel_.stalled_seconds),
      source_stalled_(*node_->metrics.firehose().stalled_seconds),
      inbox_(node_->metrics.bounded("source_to_firehose")) {}

firehose_state::~firehose_state() {
  node_->status.firehose_running = false;
  node_->status.clear_problem(name);
  if (source_)
    source_->stop();
  node_->lanes.show({});
  if (inbox_)
    inbox_->set_depth(0, now()); // what waits in the mailbox ends with it
}

firehose_actor::behavior_type firehose_state::make_behavior() {
  load_cursors();
  self_->delayed_send(self_, firehose_tick, tick{});
  return {[this](const source_frames& arrived) { on_frames(arrived); },
          [this](const shard_ready& ready) { on_shard_ready(ready); },
          [this](const frames_durable& report) { on_durable(report); },
          [this](const tick&) { on_tick(); },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) { return status(); }};
}

// -- start: cursors, then the source -------------------------------------------------------------

void firehose_state::load_cursors() {
  // One request at a time: more would only fill the pool's queue.
  if (loading_cursors_)
    return;
  loading_cursors_ = true;
  ask_database(
      self_, *node_, db::cursors_job{node_->service},
      [this](const std::vector<db::shard_cursor>& cursors) {
        loading_cursors_ = false;
        if (!window_)
          open(cursors);
      },
      [this](const job_failure&) { loading_cursors_ = false; }); // the next tick tries again
}

void firehose_state::open(const std::vector<db::shard_cursor>& cursors) {
  const auto& options = node_->options;
  std::vector<std::int64_t> durable;
  auto lowest = std::numeric_limits<std::int64_t>::max();
  for (const auto& cursor : cursors) {
    durable.push_back(cursor.seq);
    lowest = std::min(lowest, cursor.seq);
  }
  window_.emplace(std::move(durable), shard_state::capacity(options),
                  read_limits{.frames = options.firehose_window_frames,
                              .bytes = options.firehose_window_bytes,
                              .frame_bytes = atproto::frame_limits::max_frame,
                              .ahead = source_read_ahead},
                  now());
  if (options.lane_shuffle_seed > 0)
    shuffle_.emplace(options.lane_shuffle_seed, window_->shards(), options.firehose_window_frames);
  asked_shards_ = now();
  intake_.emplace(window_->shards(), lowest > 0 ? std::optional{lowest} : options.start_cursor,
                  &node_->events);
  for (std::size_t shard = 0; shard < window_->shards(); ++shard)
    if (const auto actor = node_->actors.find(names::shard(shard)))
      self_->send(actor, firehose_started{});
  start_source();
}

// -- messages ------------------------------------------------------------------------------------

void firehose_state::on_frames(const source_frames& arrived) {
  if (inbox_)
    inbox_->remove(arrived.items->size(), now());
  const auto received = window_->receive(arrived, now());
  if (!received)
    throw std::logic_error("the replay window rejects what was read: " + received.error().message);
  if (shuffle_) {
    shuffle_->arrived(arrived.items->size());
    feed_all();
  }
  for (const auto shard : *received)
    feed(shard);
  top_up_credit();
}

void firehose_state::on_shard_ready(const shard_ready& ready) {
  if (!window_)
    return;
  if (!window_->reaches_back_to(ready))
    throw std::runtime_error(fmt::format(
        "shard {} is at seq {}, and frames above that have left the window: the database went back",
        ready.shard, ready.durable_seq));
  if (!window_->announce(ready, now()))
    return;
  observe_latencies();
  feed(ready.shard);
  top_up_credit();
}

void firehose_state::on_durable(const frames_durable& report) {
  if (!window_ || !window_->committed(report, now()))
    return;
  observe_latencies();
  feed(report.shard);
  top_up_credit();
}

void firehose_state::on_tick() {
  self_->delayed_send(self_, firehose_tick, tick{});
  if (!window_)
    return load_cursors();
  open_shuffled_lanes();
  ask_for_announcements();
  advance_idle_shards();
  const bool any_paused = node_->paused.any() && !node_->paused.list(now()).empty();
  if (std::exchange(any_paused_, any_paused) || any_paused) {
    feed_all(); // those whose pause is over
    window_->reset_quiet_time(now());
  }
  top_up_credit();
  ask_again_if_due();
  watch_numbers();
  update_metrics();
  show_lanes();
  finish_if_caught_up();
}

// -- what follows from them ----------------------------------------------------------------------

void firehose_state::feed(std::size_t shard) {
  if (node_->paused.paused(names::shard(shard).text(), now()))
    return;
  if (shuffle_ && !shuffle_->is_open(shard))
    return;
  const auto batch = window_->take(shard, now());
  if (!batch)
    return;
  if (shuffle_)
    shuffle_->sent(shard);
  if (node_->events.active())
    for (const auto& frame : *batch->frames)
      node_->events.reached(frame.seq, "sent", "to " + names::shard(shard).text(), now());
  // If the shard is down, nothing is lost: it announces itself when it is back, and is sent all.
  if (const auto actor = node_->actors.find(names::shard(shard)))
    self_->send(actor, *batch);
}

void firehose_state::feed_all() {
  for (std::size_t shard = 0; shard < window_->shards(); ++shard)
    feed(shard);
}

// Nothing has arrived since the last tick: the window is full of frames held back, or it is the
// end.
void firehose_state::open_shuffled_lanes() {
  if (!shuffle_ || std::exchange(arrived_at_tick_, shuffle_->arrived()) != shuffle_->arrived())
    return;
  shuffle_->open_all();
  feed_all();
}

// A shard of another node may have announced itself to the leader before this one.
void firehose_state::ask_for_announcements() {
  if (now() - asked_shards_ < announcement_patience)
    return;
  asked_shards_ = now();
  for (std::size_t shard = 0; shard < window_->shards(); ++shard)
    if (window_->lane(shard).incarnation() == 0)
      if (const auto actor = node_->actors.find(names::shard(shard)))
        self_->send(actor, firehose_started{});
}

void firehose_state::advance_idle_shards() {
  for (std::size_t shard = 0; shard < window_->shards(); ++shard)
    if (const auto seq = window_->advance_for(shard))
      if (const auto actor = node_->actors.find(names::shard(shard)))
        self_->send(actor, advance_to{*seq});
}

void firehose_state::top_up_credit() {
  if (!source_ || !may_read() || node_->paused.paused(name, now()))
    return;
  if (const auto frames = window_->grant(); frames > 0)
    source_->grant(static_cast<std::uint32_t>(frames));
}

// A leader that could not renew its lease does not read on: another node may do so already.
bool firehose_state::may_read() const {
  return node_->cluster.leads(now());
}

// What a relay left out of order it may send when it is asked again.
void firehose_state::ask_again_if_due() {
  const auto strays = intake_->strays();
  const bool stray = std::exchange(strays_, strays) != strays;
  if (source_ && asking_.due(stray, intake_->leap_since(), now()))
    source_->reconnect(fmt::format("numbers of frames far ahead of {}; asking again from there",
                                   window_->highest()));
}

void firehose_state::finish_if_caught_up() {
  const time_point idle_since{steady_clock::duration{node_->status.identity_idle_since.load()}};
  if (window_->caught_up(node_->options.until_caught_up, idle_since, now()))
    node_->status.finish(exit_code::success, "caught up");
}

} // namespace prism
