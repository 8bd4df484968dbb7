#include "actors/shard.hpp"

#include "core/crash_point.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

namespace prism {

namespace {

using action = shard_decision::action;

constexpr backoff_options shard_retry_delays{.min = std::chrono::milliseconds{100},
                                             .max = std::chrono::milliseconds{5'000}};

} // namespace

shard_state::shard_state(self_pointer self, node_ptr node, std::size_t number)
    : self_(self), node_(std::move(node)), number_(number),
      token_(node_->cluster.token(number).value_or(0)), metrics_(node_->metrics.shard(number)),
      shown_user_ids_(node_->metrics.cache("shard_users")),
      machine_(node_->options.batch_max_frames, node_->options.transaction_timeout,
               shard_retry_delays),
      queue_(capacity(node_->options)) {}

shard_actor::behavior_type shard_state::make_behavior() {
  carry_out(machine_.on_start(now()));
  return {[this](const frame_batch& arrived) { receive(arrived); },
          [this](const advance_to& target) {
            queue_.advance_to(target.seq);
            carry_out(machine_.on_work(queue_.has_work(), now()));
          },
          [this](const firehose_started&) { restart_stream(); },
          [this](const tick&) {
            carry_out(machine_.on_timer(queue_.empty(), queue_.has_work(), now()));
          },
          [this](const stop_request&) {
            hit(crash_point::during_drain);
            carry_out(machine_.on_stop());
          },
          [this](const get_status&) { return status(); }};
}

actor_status shard_state::status() const {
  const auto& depth = queue_.depth();
  return {names::shard(number_),
          {{"phase", to_string(machine_.current())},
           {"durable_seq", queue_.durable().seq},
           {"depth", depth.depth()},
           {"peak", depth.peak()},
           {"capacity", depth.capacity()},
           {"batch_frames", machine_.in_flight().frames},
           {"batch_ops", machine_.in_flight().ops},
           {"batch_limit", machine_.max_ops()},
           {"blocked", machine_.blocked()},
           {"first_seq", queue_.in_flight().empty() ? -1 : queue_.in_flight().front().seq},
           {"unresolved_dids", unresolved_.size()},
           {"cached_ids", user_ids_.size()},
           {"incarnation", incarnation_},
           {"token", token_}}};
}

void shard_state::receive(const frame_batch& arrived) {
  if (arrived.incarnation != incarnation_)
    return;
  metrics_.frames->Increment(static_cast<double>(arrived.frames->size()));
  const auto durable = queue_.durable();
  const auto added = queue_.receive(*arrived.frames);
  if (!added)
    throw std::logic_error("more frames than credit: " + added.error().message);
  if (node_->events.active())
    for (const auto& frame : *arrived.frames) {
      if (frame.position <= durable)
        node_->events.finished(frame.seq, "dropped", "it is committed already", now());
      else
        node_->events.reached(
            frame.seq, "queued",
            fmt::format("by shard {}, {} before it commits", number_, queue_.depth().depth()),
            now());
    }
  const bool repeated = *added < arrived.frames->size();
  carry_out(machine_.on_frames(repeated, queue_.has_work(), now()));
}

// A new firehose knows nothing of the frames here. Those that wait are dropped, to come again;
// those in flight are finished first, or both sides would count them differently.
void shard_state::restart_stream() {
  must_hold(queue_.drop_waiting());
  incarnation_ = 0;
  carry_out(machine_.on_stream_restarted(now()));
}

void shard_state::must_hold(const expected<void>& promise) {
  if (!promise)
    throw std::logic_error(promise.error().message);
}

// -- decisions -------------------------------------------------------------------------------

void shard_state::carry_out(const shard_decision& decision, std::string_view what,
                            const std::string& why) {
  if (decision.requeue) {
    queue_.requeue();
    batch_.reset();
    unconfirmed_report_.reset();
  }
  if (decision.pending_report_lost)
    pending_.mark_lost();
  report_problem(decision, what, why);
  if (decision.announce)
    announce();
  if (decision.acknowledge)
    report_durable({});
  switch (decision.next) {
  case action::none:
    break;
  case action::load_cursor:
    load_cursor();
    break;
  case action::build:
    build();
    break;
  case action::resolve_ids:
    resolve_ids();
    break;
  case action::write:
    write();
    break;
  case action::quarantine:
    quarantine();
    break;
  case action::wait:
    if (const auto left_out = lines_.allow(line::retrying, now()))
      log::shard().warn("shard {}: {} failed, retrying in {} ms: {}{}", number_, what,
                        decision.delay.count(), why, log::left_out_note(*left_out));
    self_->delayed_send(self_, decision.delay, tick{});
    break;
  case action::stop:
    self_->quit();
    break;
  }
}

void shard_state::load_cursor() {
  ask_database(
      self_, *node_, db::cursors_job{node_->service},
      [this](const std::vector<db::shard_cursor>& cursors) {
        for (const auto& cursor : cursors)
          if (cursor.shard == static_cast<std::int32_t>(number_))
            queue_.start_at(cursor.seq);
        carry_out(machine_.on_cursor());
      },
      [this](const job_failure& failure) {
        carry_out(machine_.on_cursor_failed(now(), random()), "reading the cursor",
                  failure.why.message);
      });
}

} // namespace prism
