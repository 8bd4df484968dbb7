#include "core/shard_machine.hpp"

#include <utility>

namespace prism {

using action = shard_decision::action;

shard_decision shard_machine::on_start(time_point now) {
  phase_ = phase::loading_cursor;
  mark_waiting(now);
  return {.next = action::load_cursor};
}

shard_decision shard_machine::on_cursor() {
  backoff_.reset();
  phase_ = phase::idle;
  announcement_due_ = false;
  return {.announce = true,
          .clear_problem = std::exchange(waiting_since_, std::nullopt).has_value()};
}

shard_decision shard_machine::on_cursor_failed(time_point now, double random01) {
  return retry_later(now, random01);
}

shard_decision shard_machine::on_frames(bool repeated, bool has_work, time_point now) {
  // An idle shard has committed what is sent to it again, and no commit reports it.
  const bool acknowledge = repeated && phase_ == phase::idle;
  auto out = on_work(has_work, now);
  out.acknowledge = acknowledge;
  return out;
}

shard_decision shard_machine::on_work(bool has_work, time_point now) {
  return phase_ == phase::idle ? start_batch(has_work, now) : shard_decision{};
}

shard_decision shard_machine::start_batch(bool has_work, time_point now) {
  if (stopping_)
    return stop_if_idle({});
  if (!has_work) {
    phase_ = phase::idle;
    return {};
  }
  // From the beginning of the attempt: a database that falls silent is noticed only much later.
  mark_waiting(now);
  return {.next = action::build};
}

// A firehose that was restarted while a batch was in flight waits for the announcement.
shard_decision shard_machine::go_on(bool queue_empty, bool has_work, time_point now) {
  if (announcement_due_ && queue_empty && !stopping_)
    return on_start(now);
  return start_batch(has_work, now);
}

shard_decision shard_machine::on_built(const batch_load& load) {
  in_flight_ = load;
  has_batch_ = true;
  phase_ = phase::resolving_ids;
  return {.next = action::resolve_ids};
}

shard_decision shard_machine::on_ids() {
  phase_ = phase::writing;
  return {.next = action::write};
}

shard_decision shard_machine::on_ids_rejected(time_point now, double random01) {
  return bisect(now, random01);
}

shard_decision shard_machine::on_ids_failed(bool fatal, time_point now, double random01) {
  return fatal ? block(now, random01) : retry_later(now, random01);
}

shard_decision shard_machine::on_committed(steady_clock::duration took, bool queue_empty,
                                           bool has_work, time_point now) {
  size_.committed(in_flight_.full, took);
  // A database that needs the longer time for each frame gets it at once for the next.
  if (took <= transaction_timeout_)
    time_factor_ = 1;
  in_flight_ = {};
  has_batch_ = false;
  quarantining_ = false;
  whole_frame_ = false;
  one_by_one_ = false;
  unconfirmed_ = false;
  blocked_ = false;
  waiting_since_.reset();
  backoff_.reset();
  phase_ = phase::idle;
  auto out = go_on(queue_empty, has_work, now);
  out.clear_problem = true;
  return out;
}

shard_decision shard_machine::on_failed(batch_failure why, bool has_unconfirmed, time_point now,
                                        double random01) {
  unconfirmed_ = unconfirmed_ || has_unconfirmed;
  // Without a report: of a chunk of a deletion that ran before the batch.
  const bool lost = why == batch_failure::commit_unknown && !unconfirmed_;
  const auto decide = [&]() -> shard_decision {
    switch (why) {
    case batch_failure::fenced:
      phase_ = phase::backing_off;
      return stop_if_idle({});
    case batch_failure::poison:
      if (!quarantining_)
        return bisect(now, random01);
      break;
    case batch_failure::fatal:
      if (in_flight_.frames > 1)
        return bisect(now, random01);
      return block(now, random01);
    case batch_failure::out_of_time:
    case batch_failure::too_large:
      if (in_flight_.frames > 1)
        return shrink(now, random01);
      // A frame whose operations cannot be isolated in time must not hold up its shard. What only
      // waits, for a lock or for disk, ends when that is there.
      if (quarantining_)
        whole_frame_ = whole_frame_ || (one_by_one_ && why == batch_failure::out_of_time);
      if (quarantining_)
        one_by_one_ = true;
      else if (why == batch_failure::out_of_time && in_flight_.frames == 1)
        return more_time(now, random01);
      break;
    case batch_failure::transient:
    case batch_failure::commit_unknown:
      break;
    }
    return retry_later(now, random01);
  };
  auto out = decide();
  out.pending_report_lost = out.pending_report_lost || lost;
  return out;
}

// Halves the batch until one frame is left, which is then quarantined.
shard_decision shard_machine::bisect(time_point now, double random01) {
  if (in_flight_.frames == 0)
    return retry_later(now, random01);
  if (in_flight_.frames == 1) {
    quarantining_ = true;
    // Without the ids of its DIDs its operations cannot even be tried.
    whole_frame_ = phase_ == phase::resolving_ids;
    phase_ = phase::writing;
    return {.next = action::quarantine};
  }
  size_.failed(in_flight_.ops);
  phase_ = phase::idle;
  auto out = start_batch(true, now);
  requeue(out);
  return out;
}

// The same number of frames would run out of time again: a slow database is caught up with only by
// batches that finish.
shard_decision shard_machine::shrink(time_point now, double random01) {
  size_.failed(in_flight_.ops);
  auto out = retry_later(now, random01);
  requeue(out);
  return out;
}

// The same frame in the same time would fail again: it gets more, and in the end is divided.
shard_decision shard_machine::more_time(time_point now, double random01) {
  if (time_factor_ < max_time_factor) {
    time_factor_ *= 2;
    return retry_later(now, random01);
  }
  if (!in_flight_.divisible)
    return retry_later(now, random01);
  quarantining_ = true;
  one_by_one_ = true;
  phase_ = phase::writing;
  return {.next = action::quarantine};
}

// Leaving frames out would lose them, so the shard retries until an operator has removed the cause.
shard_decision shard_machine::block(time_point now, double random01) {
  blocked_ = true;
  auto out = retry_later(now, random01);
  out.blocked = true;
  return out;
}

shard_decision shard_machine::retry_later(time_point now, double random01) {
  if (phase_ != phase::loading_cursor)
    phase_ = phase::backing_off;
  mark_waiting(now);
  shard_decision out{.next = action::wait, .delay = backoff_.next(random01)};
  const auto waited = now - *waiting_since_;
  if (!blocked_ && waited >= stall_threshold)
    out.stalled = std::chrono::duration_cast<std::chrono::seconds>(waited);
  return stop_if_idle(out);
}

shard_decision shard_machine::on_stream_restarted(time_point now) {
  announcement_due_ = true;
  return phase_ == phase::idle ? go_on(true, false, now) : shard_decision{};
}

shard_decision shard_machine::on_timer(bool queue_empty, bool has_work, time_point now) {
  if (phase_ == phase::loading_cursor)
    return on_start(now);
  if (phase_ != phase::backing_off)
    return {};
  if (quarantining_) {
    phase_ = phase::writing;
    return {.next = action::quarantine};
  }
  if (has_batch_) {
    phase_ = phase::resolving_ids;
    return {.next = action::resolve_ids};
  }
  return go_on(queue_empty, has_work, now);
}

shard_decision shard_machine::on_stop() {
  stopping_ = true;
  return stop_if_idle({});
}

shard_decision shard_machine::stop_if_idle(shard_decision otherwise) const {
  if (stopping_ && phase_ != phase::writing && phase_ != phase::resolving_ids)
    otherwise.next = action::stop;
  return otherwise;
}

void shard_machine::requeue(shard_decision& decision) {
  decision.requeue = true;
  // The report is of more frames than the next batch has, and would be taken for that one's.
  decision.pending_report_lost = std::exchange(unconfirmed_, false);
  in_flight_ = {};
  has_batch_ = false;
}

// Until a batch is committed.
void shard_machine::mark_waiting(time_point now) {
  if (!waiting_since_)
    waiting_since_ = now;
}

std::string_view to_string(shard_machine::phase phase) noexcept {
  using enum shard_machine::phase;
  switch (phase) {
  case loading_cursor:
    return "loading cursor";
  case idle:
    return "idle";
  case resolving_ids:
    return "resolving ids";
  case writing:
    return "writing";
  case backing_off:
    return "backing off";
  }
  return "unknown";
}

} // namespace prism
