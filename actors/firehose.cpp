#include "actors/firehose.hpp"

#include "actors/runtime/channels.hpp"
#include "actors/shard.hpp"
#include "core/exit_code.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace prism {

namespace {

constexpr std::chrono::milliseconds firehose_tick{200};

/// Time that a shard has to announce itself; then the firehose sends it `firehose_started` again.
constexpr std::chrono::seconds announcement_patience{2};

[[nodiscard]] time_point now() {
  return steady_clock::now();
}

void add(const intake_counts& counts, const metrics::firehose_metrics& metrics) {
  metrics.bytes->Increment(static_cast<double>(counts.bytes));
  for (std::size_t i = 0; i < counts.frames.size(); ++i)
    if (counts.frames[i] > 0)
      metrics.frames.of(to_string(static_cast<atproto::frame_kind>(i)))
          .Increment(static_cast<double>(counts.frames[i]));
  for (std::size_t i = 0; i < counts.bad.size(); ++i)
    if (counts.bad[i] > 0)
      metrics.bad_frames.of(to_string(static_cast<bad_frame>(i)))
          .Increment(static_cast<double>(counts.bad[i]));
  for (std::size_t i = 0; i < counts.odd.size(); ++i)
    if (counts.odd[i] > 0)
      metrics.out_of_order.of(to_string(static_cast<odd_number>(i)))
          .Increment(static_cast<double>(counts.odd[i]));
  metrics.repeated->Increment(static_cast<double>(counts.repeated));
}

void report_change(const net::source_change& change, const metrics::firehose_metrics& metrics,
                   relay_link& link) {
  using state = net::source_state;
  metrics.connected->Set(change.state == state::connected ? 1 : 0);
  if (change.state == state::connected) {
    metrics.connects->Increment();
    link.connected(now());
    log::firehose().info("connected to the relay, cursor {}",
                         change.cursor ? std::to_string(*change.cursor) : "none (live)");
  } else if (change.state == state::disconnected) {
    metrics.disconnects.of(net::to_string(change.reason)).Increment();
    link.ended(change.text, now());
    log::firehose().warn(
        "no connection to the relay ({}): {}{}", net::to_string(change.reason), change.text,
        change.retry_in ? fmt::format(", next attempt in {} ms", change.retry_in->count())
                        : std::string{});
  }
}

void report_sign(net::relay_sign sign, relay_link& link) {
  if (sign == net::relay_sign::not_read)
    link.not_read();
  else
    link.heard(now());
}

[[nodiscard]] net::ws_source_options source_options(const config::options& options) {
  net::ws_source_options out;
  out.relay_url = options.relay_url;
  out.backoff.min = options.backoff_min;
  out.backoff.max = options.backoff_max;
  out.connect_timeout = options.connect_timeout;
  out.ping_interval = options.ping_interval;
  out.idle_timeout = options.idle_timeout;
  out.max_frame_bytes = atproto::frame_limits::max_frame;
  out.max_batch_frames = source_read_ahead;
  out.extra_ca_file = options.ca_file;
  return out;
}

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

void firehose_state::start_source() {
  auto started = net::ws_source::start(source_options(node_->options), callbacks());
  if (!started) {
    node_->status.finish(exit_code::configuration,
                         "cannot start the connection to the relay: " + started.error().message);
    return;
  }
  source_ = std::move(*started);
  node_->status.firehose_running = true;
  window_->reset_quiet_time(now());
  top_up_credit();
}

// They run on the source's I/O thread, which ends before `intake_`.
net::ws_source_callbacks firehose_state::callbacks() {
  auto* intake = &*intake_;
  const auto& metrics = node_->metrics.firehose();
  const auto self = caf::actor_cast<caf::actor>(self_);
  return {
      .on_frames =
          [intake, self, &metrics, inbox = inbox_](std::vector<frame_bytes> frames) {
            metrics.last_receipt->SetToCurrentTime();
            auto batch = intake->route(std::move(frames), now());
            add(batch.counts, metrics);
            if (inbox)
              inbox->add(batch.frames.items->size(), now());
            caf::anon_send(self, std::move(batch.frames));
          },
      .next_cursor = [intake] { return intake->next_cursor(); },
      .on_state = [&metrics, &link = node_->relay](
                      const net::source_change& change) { report_change(change, metrics, link); },
      .on_oversized =
          [intake, &metrics](const net::oversized_frame& frame) {
            add(intake->skip_oversized(frame.head, frame.times), metrics);
          },
      .on_bad_message =
          [intake, &metrics](std::size_t size) { add(intake->skip_text(size, now()), metrics); },
      .on_sign = [&link = node_->relay](net::relay_sign sign) { report_sign(sign, link); }};
}

// -- messages ------------------------------------------------------------------------------------

void firehose_state::on_frames(const source_frames& arrived) {
  if (inbox_)
    inbox_->remove(arrived.items->size(), now());
  const auto received = window_->receive(arrived, now());
  if (!received)
    throw std::logic_error("the window refuses what was read: " + received.error().message);
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

void firehose_state::finish_if_caught_up() {
  const time_point idle_since{steady_clock::duration{node_->status.identity_idle_since.load()}};
  if (window_->caught_up(node_->options.until_caught_up, idle_since, now()))
    node_->status.finish(exit_code::success, "caught up");
}

void firehose_state::observe_latencies() {
  const auto& out = node_->metrics.firehose();
  const auto latencies = window_->take_latencies();
  for (const auto latency : latencies)
    out.commit_seconds->Observe(std::chrono::duration<double>(latency).count());
  if (!latencies.empty())
    out.last_commit->SetToCurrentTime();
}

void firehose_state::show_lanes() {
  std::vector<lane_work> lanes;
  for (std::size_t shard = 0; shard < window_->shards(); ++shard)
    lanes.push_back({window_->lane(shard).frames(), window_->lane(shard).oldest()});
  node_->lanes.show(std::move(lanes));
}

void firehose_state::update_metrics() {
  const auto& out = node_->metrics.firehose();
  out.last_seq->Set(static_cast<double>(window_->highest()));
  out.durable_seq->Set(static_cast<double>(window_->low_watermark()));
  out.lag->Set(std::chrono::duration<double>(window_->longest_wait(now())).count());
  if (const auto stamp = window_->event_time()) {
    const auto newest =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    out.event_timestamp->Set(std::min(static_cast<double>(*stamp) / 1e6, newest.count()));
  }
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

} // namespace prism
