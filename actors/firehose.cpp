#include "actors/firehose.hpp"

#include "actors/intake/routing.hpp"
#include "actors/runtime/ask_database.hpp"
#include "actors/shard.hpp"
#include "atproto/frame/frame.hpp"
#include "core/read_credit.hpp"

#include <algorithm>
#include <limits>
#include <spdlog/spdlog.h>

namespace prism {

namespace {

constexpr std::chrono::milliseconds tick_interval{200};

/// Frames the source may deliver before it hears from us again.
constexpr std::uint64_t credit_ahead = 256;

[[nodiscard]] time_point now() {
  return steady_clock::now();
}

} // namespace

firehose_state::firehose_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)), last_arrival_(now()),
      channel_(node_->metrics.channel("firehose_to_shard")), exhausted_(*channel_.exhausted),
      lanes_stalled_(*channel_.stalled_seconds),
      source_stalled_(*node_->metrics.firehose().stalled_seconds) {}

firehose_state::~firehose_state() {
  node_->status.firehose_running = false;
  if (source_)
    source_->stop();
}

firehose_actor::behavior_type firehose_state::make_behavior() {
  load_cursors();
  self_->delayed_send(self_, tick_interval, tick{});
  return {[this](const source_frames& arrived) { route(arrived); },
          [this](const shard_ready& ready) { on_shard_ready(ready); },
          [this](const frames_durable& done) { durable(done); },
          [this](const tick&) { each_tick(); },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) -> actor_status {
            return {name,
                    {{"window_frames", std::to_string(window_frames())},
                     {"window_bytes", std::to_string(window_bytes_)},
                     {"highest_read", std::to_string(highest_read_.load())},
                     {"durable", std::to_string(progress_ ? progress_->low_watermark() : 0)}}};
          }};
}

void firehose_state::load_cursors() {
  // One question at a time: more would only fill the pool's queue.
  if (loading_cursors_)
    return;
  loading_cursors_ = true;
  ask_database(
      self_, *node_, db::cursors_job{node_->service},
      [this](const std::vector<db::shard_cursor>& cursors) {
        loading_cursors_ = false;
        if (!progress_)
          open(cursors);
      },
      [this](const job_failure&) { loading_cursors_ = false; }); // the next tick tries again
}

void firehose_state::open(const std::vector<db::shard_cursor>& cursors) {
  std::vector<std::uint64_t> durable;
  auto lowest = std::numeric_limits<std::int64_t>::max();
  for (const auto& each : cursors) {
    durable.push_back(static_cast<std::uint64_t>(each.seq));
    lowest = std::min(lowest, each.seq);
    lanes_.emplace_back(shard_state::capacity(node_->options));
  }
  progress_.emplace(std::move(durable), node_->options.firehose_window_frames);
  if (lowest > 0)
    highest_read_ = lowest;
  else if (node_->options.start_cursor)
    highest_read_ = *node_->options.start_cursor;
  for (std::size_t shard = 0; shard < lanes_.size(); ++shard)
    if (const auto who = node_->actors.find(names::shard(shard)))
      self_->send(who, firehose_started{});
  start_source();
}

void firehose_state::start_source() {
  const auto& options = node_->options;
  net::ws_source_options wanted;
  wanted.relay_url = options.relay_url;
  wanted.backoff.min = options.backoff_min;
  wanted.backoff.max = options.backoff_max;
  wanted.connect_timeout = options.connect_timeout;
  wanted.ping_interval = options.ping_interval;
  wanted.idle_timeout = options.idle_timeout;
  wanted.max_frame_bytes = atproto::frame_limits::max_frame;
  wanted.max_batch_frames = credit_ahead;
  wanted.extra_ca_file = options.ca_file;
  auto started = net::ws_source::start(std::move(wanted), callbacks());
  if (!started) {
    node_->status.finish(78, "the source cannot start: " + started.error().message);
    return;
  }
  source_ = std::move(*started);
  node_->status.firehose_running = true;
  last_arrival_ = now();
  top_up_credit();
}

net::ws_source_callbacks firehose_state::callbacks() {
  net::ws_source_callbacks out;
  const auto self = caf::actor_cast<caf::actor>(self_);
  const auto shards = lanes_.size();
  const auto metrics = node_->metrics.firehose();
  out.on_frames = [this, self, shards, metrics](std::vector<frame_bytes> frames) {
    auto items = std::make_shared<std::vector<source_frames::item>>();
    items->reserve(frames.size());
    for (auto& data : frames) {
      source_frames::item item;
      metrics.bytes->Increment(static_cast<double>(data->size()));
      const auto peeked = atproto::peek_frame(*data);
      if (!peeked) {
        item.frame.seq = -1;
        metrics.bad_frames.of(to_string(peeked.error().code)).Increment();
        spdlog::warn("a frame is passed over: {}", peeked.error().message);
      } else {
        metrics.frames.of(to_string(peeked->kind)).Increment();
        log_notice(*data, *peeked);
        item.for_a_shard = peeked->seq >= 0 && !peeked->did.empty() && has_shard(peeked->kind);
        item.shard = item.for_a_shard ? shard_of(peeked->did, shards) : 0;
        item.frame.seq = peeked->seq;
        if (peeked->seq > highest_read_)
          highest_read_ = peeked->seq;
      }
      if (item.for_a_shard)
        item.frame.data = std::move(data);
      items->push_back(std::move(item));
    }
    caf::anon_send(self, source_frames{std::move(items)});
  };
  out.next_cursor = [this]() -> std::optional<std::int64_t> {
    const auto highest = highest_read_.load();
    return highest < 0 ? std::nullopt : std::optional{highest};
  };
  out.on_state = [metrics](const net::source_change& change) {
    using state = net::source_state;
    metrics.connected->Set(change.state == state::connected ? 1 : 0);
    if (change.state == state::connected) {
      metrics.connects->Increment();
      spdlog::info("connected to the relay, cursor {}",
                   change.cursor ? std::to_string(*change.cursor) : "none (live)");
    } else if (change.state == state::disconnected) {
      metrics.disconnects.of(net::to_string(change.reason)).Increment();
      spdlog::warn(
          "no connection to the relay ({}): {}{}", net::to_string(change.reason), change.text,
          change.retry_in ? fmt::format(", next attempt in {} ms", change.retry_in->count())
                          : std::string{});
    }
  };
  out.on_bad_message = [metrics](std::size_t size) {
    metrics.bad_frames.of("text").Increment();
    spdlog::warn("a text message of {} bytes is passed over", size);
  };
  out.on_oversized = [this, metrics](const net::oversized_frame& frame) {
    metrics.bad_frames.of("oversized").Increment();
    const auto peeked = atproto::peek_frame_beginning(frame.head);
    const auto highest = highest_read_.load();
    const auto skip_to = peeked && peeked->seq > highest ? peeked->seq : highest + 1;
    spdlog::error("a frame over the size limit came {} times after cursor {}; it is passed over, "
                  "the next attempt begins after {}",
                  frame.times, highest, skip_to);
    highest_read_ = skip_to;
  };
  return out;
}

void firehose_state::route(const source_frames& arrived) {
  last_arrival_ = now();
  granted_ -= std::min<std::uint64_t>(granted_, arrived.items->size());
  std::vector<bool> touched(lanes_.size(), false);
  for (const auto& item : *arrived.items) {
    if (item.frame.seq < 0)
      continue;
    const auto seq = static_cast<std::uint64_t>(item.frame.seq);
    if (!item.for_a_shard) {
      if (!progress_->skip(seq))
        repeated(item.frame.seq);
      continue;
    }
    const auto wanted = progress_->delivered(seq, item.shard);
    if (!wanted) {
      if (wanted.error().code == errc::limit)
        throw std::logic_error("the window has more frames than credit: " + wanted.error().message);
      repeated(item.frame.seq);
      continue;
    }
    if (!*wanted)
      continue;
    window_bytes_ += item.frame.data->size();
    lanes_[item.shard].push(item.frame);
    touched[item.shard] = true;
  }
  for (std::size_t shard = 0; shard < lanes_.size(); ++shard)
    if (touched[shard])
      feed(shard);
  top_up_credit();
}

// We ask for what comes after the highest seq, so a relay should not send this. It is no harm, but
// one that has begun to count anew would lose everything in this way.
void firehose_state::repeated(std::int64_t seq) {
  node_->metrics.firehose().repeated->Increment();
  if (const auto suppressed_count = repeated_lines_.allow(0, now()))
    spdlog::warn("frame {} is not above {}, the highest read, and is passed over; {} such lines "
                 "kept back",
                 seq, progress_->highest(), *suppressed_count);
}

void firehose_state::on_shard_ready(const shard_ready& ready) {
  if (!progress_ || ready.shard >= lanes_.size())
    return;
  lanes_[ready.shard].restart(ready.incarnation, now());
  durable({ready.shard, ready.durable_seq, 0});
  feed(ready.shard);
}

void firehose_state::durable(const frames_durable& done) {
  if (!progress_ || done.shard >= lanes_.size())
    return;
  auto& lane = lanes_[done.shard];
  const auto before = lane.bytes();
  lane.committed(done.seq, now());
  window_bytes_ -= before - lane.bytes();
  // A shard may have committed what this life of the firehose has not read again yet.
  const auto known = std::min(static_cast<std::uint64_t>(done.seq), progress_->highest());
  static_cast<void>(progress_->acked(done.shard, known));
  event_time_ = std::max(event_time_, done.event_time);
  feed(done.shard);
  top_up_credit();
}

void firehose_state::feed(std::size_t shard) {
  auto frames = lanes_[shard].take(now());
  if (!frames)
    return;
  // Nobody there at the moment: the shard announces itself when it comes, and gets all again.
  if (const auto who = node_->actors.find(names::shard(shard)))
    self_->send(who, frame_batch{lanes_[shard].incarnation(), std::move(frames)});
}

void firehose_state::top_up_credit() {
  if (!source_)
    return;
  const auto more = frames_to_grant(
      {.frames = node_->options.firehose_window_frames,
       .bytes = node_->options.firehose_window_bytes,
       .frame_bytes = atproto::frame_limits::max_frame,
       .ahead = credit_ahead},
      {.frames = progress_->outstanding(), .bytes = window_bytes_, .granted = granted_});
  if (more == 0)
    return;
  granted_ += more;
  source_->grant(static_cast<std::uint32_t>(more));
}

void firehose_state::each_tick() {
  self_->delayed_send(self_, tick_interval, tick{});
  if (!progress_)
    return load_cursors();
  for (std::size_t shard = 0; shard < lanes_.size(); ++shard)
    if (const auto seq = progress_->advance_for(shard))
      if (const auto who = node_->actors.find(names::shard(shard)))
        self_->send(who, advance_to{static_cast<std::int64_t>(*seq)});
  top_up_credit();
  show();
  finish_if_caught_up();
}

void firehose_state::finish_if_caught_up() {
  const auto limit = node_->options.until_caught_up;
  if (limit.count() == 0 || now() - last_arrival_ < limit || window_frames() > 0)
    return;
  for (std::size_t shard = 0; shard < lanes_.size(); ++shard)
    if (progress_->advance_for(shard))
      return;
  // Tasks come with batches, and the last one is some time ago by now.
  if (node_->status.identity_idle_since <
      last_arrival_.time_since_epoch().count() + steady_clock::duration{limit / 2}.count())
    return;
  if (progress_->highest() > 0)
    node_->status.finish(0, "caught up");
}

std::size_t firehose_state::window_frames() const {
  return progress_ ? progress_->outstanding() : 0;
}

void firehose_state::show() {
  const auto& out = node_->metrics.firehose();
  out.last_seq->Set(static_cast<double>(progress_->highest()));
  out.durable_seq->Set(static_cast<double>(progress_->low_watermark()));
  if (event_time_ > 0)
    out.event_timestamp->Set(static_cast<double>(event_time_) / 1e6);
  out.window_frames->Set(static_cast<double>(window_frames()));
  out.window_capacity->Set(static_cast<double>(node_->options.firehose_window_frames));
  std::size_t depth = 0;
  std::size_t capacity = 0;
  std::uint64_t exhausted = 0;
  steady_clock::duration stalled{0};
  for (const auto& lane : lanes_) {
    depth += lane.credit().in_flight();
    capacity += lane.credit().capacity();
    exhausted += lane.credit().times_exhausted();
    stalled += lane.credit().time_stalled(now());
  }
  channel_.depth->Set(static_cast<double>(depth));
  channel_.capacity->Set(static_cast<double>(capacity));
  exhausted_.show(static_cast<double>(exhausted));
  lanes_stalled_.show(std::chrono::duration<double>(stalled).count());
  if (source_)
    source_stalled_.show(std::chrono::duration<double>(source_->stats().stalled).count());
}

} // namespace prism
