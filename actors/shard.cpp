#include "actors/shard.hpp"

#include "actors/runtime/database_errors.hpp"
#include "actors/runtime/report_counters.hpp"
#include "atproto/frame/frame.hpp"
#include "core/crash_point.hpp"
#include "core/stamp_median.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace prism {

namespace {

using action = shard_decision::action;

constexpr backoff_options retry_delays{.min = std::chrono::milliseconds{100},
                                       .max = std::chrono::milliseconds{5'000}};

// The times of the batch's events, for the lag.
[[nodiscard]] std::vector<std::int64_t> stamps_of(const db::batch& batch) {
  std::vector<std::int64_t> out;
  for (const auto& head : batch.heads)
    out.push_back(head.commit_time);
  for (const auto& event : batch.accounts)
    out.push_back(event.time);
  for (const auto& event : batch.identities)
    out.push_back(event.time);
  if (out.size() > stamp_median::capacity)
    out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(stamp_median::capacity));
  return out;
}

[[nodiscard]] std::int64_t wall_clock() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

[[nodiscard]] batch_failure kind_of(const db::db_error& error) {
  if (error.sqlstate == db::fenced_state)
    return batch_failure::fenced;
  if (error.cls == db::error_class::poison)
    return batch_failure::poison;
  if (error.cls == db::error_class::fatal)
    return batch_failure::fatal;
  if (ran_out_of_time(error))
    return batch_failure::out_of_time;
  if (ends_sooner_if_smaller(error))
    return batch_failure::too_large;
  return error.cls == db::error_class::commit_unknown ? batch_failure::commit_unknown
                                                      : batch_failure::transient;
}

// A broken promise of the firehose or of this actor: the supervisor starts the shard again.
void must_hold(const expected<void>& promise) {
  if (!promise)
    throw std::logic_error(promise.error().message);
}

/// What the batch of a traced event did.
[[nodiscard]] std::string effects_of(const db::apply_report& report, steady_clock::duration took) {
  return fmt::format("{} in {:.1f} ms; parked, released and cancelled in its batch: {}",
                     report.already_applied ? "found committed" : "written",
                     std::chrono::duration<double, std::milli>(took).count(),
                     report.pending.size());
}

} // namespace

shard_state::shard_state(self_pointer self, node_ptr node, std::size_t number)
    : self_(self), node_(std::move(node)), number_(number),
      token_(node_->cluster.token(number).value_or(0)), metrics_(node_->metrics.shard(number)),
      shown_user_ids_(node_->metrics.cache("shard_users")),
      machine_(node_->options.batch_max_frames, node_->options.transaction_timeout, retry_delays),
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

void shard_state::build() {
  batch_ = std::make_shared<db::batch>(
      maker_.make(queue_, machine_.max_ops(), node_->place_base, wall_clock(), now()));
  batch_end_ = queue_.batch_end();
  batch_->service = node_->service;
  batch_->shard = static_cast<std::int32_t>(number_);
  batch_->epoch = token_;
  batch_->previous_seq = queue_.durable().seq;
  batch_->moves_cursor = batch_->last_seq > queue_.durable().seq;
  batch_->verify_deletions = node_->options.verify_deletions && node_->options.identity_lookups;
  handed_over_ = false;
  hit(crash_point::after_decode);
  trace_in_flight("built", [&] {
    return fmt::format("a batch of {} frames, {} operations", maker_.load().frames,
                       maker_.load().ops);
  });
  carry_out(machine_.on_built(maker_.load()));
}

void shard_state::resolve_ids() {
  // A session of a pool that has died may still be at work on the batch it was given.
  if (std::exchange(handed_over_, false))
    batch_ = std::make_shared<db::batch>(*batch_);
  const auto& dids = batch_->refs.dids();
  batch_->user_ids.assign(dids.size(), 0);
  unresolved_.clear();
  unresolved_at_.clear();
  for (std::size_t i = 0; i < dids.size(); ++i) {
    if (const auto* id = user_ids_.find(dids[i]))
      batch_->user_ids[i] = *id;
    else {
      unresolved_.push_back(dids[i]);
      unresolved_at_.push_back(i);
    }
  }
  shown_user_ids_.show(user_ids_);
  if (unresolved_.empty())
    return carry_out(machine_.on_ids());
  trace_in_flight("waits for ids", [&] {
    return fmt::format("{} DIDs without id go to user_creation", unresolved_.size());
  });
  const auto creator = node_->actors.find(names::user_creation);
  if (!creator)
    return on_ids_failed(false, "user_creation is not running");
  const auto unit =
      std::make_shared<metrics::channel_unit>(node_->metrics.bounded("shard_to_user_creation"));
  self_
      ->request(creator, caf::infinite,
                intern_users{std::make_shared<const std::vector<std::string>>(unresolved_)})
      .then(
          [this, unit](const interned_users& answer) {
            unit->leave();
            on_user_ids(answer);
          },
          [this, unit](const caf::error& problem) {
            unit->leave();
            on_ids_failed(false, describe(self_->system(), problem));
          });
}

void shard_state::on_user_ids(const interned_users& answer) {
  if (!answer.ids && !answer.refused.empty()) {
    const db::db_error error{db::error_class::poison, answer.refused, answer.problem, {}};
    const auto load = machine_.in_flight();
    const auto decision = machine_.on_ids_rejected(now(), random());
    note_rejection(decision, error, load);
    return carry_out(decision, "creating users", answer.problem);
  }
  if (!answer.ids)
    return on_ids_failed(answer.needs_operator, answer.problem);
  for (std::size_t i = 0; i < unresolved_.size(); ++i) {
    batch_->user_ids[unresolved_at_[i]] = (*answer.ids)[i];
    user_ids_.put(unresolved_[i], (*answer.ids)[i]);
  }
  shown_user_ids_.show(user_ids_);
  carry_out(machine_.on_ids());
}

void shard_state::on_ids_failed(bool fatal, const std::string& why) {
  carry_out(machine_.on_ids_failed(fatal, now(), random()), "creating users",
            fatal ? "before new users: " + why : why);
}

void shard_state::write() {
  started_ = now();
  handed_over_ = true;
  trace_in_flight("handed over", [] { return "to a database session of the pool"; });
  ask_database(
      self_, *node_, db::apply_job{batch_, machine_.time_factor()},
      [this](const db::apply_report& report) { on_committed(report); },
      [this](const job_failure& failure) { on_failed(failure); });
}

void shard_state::quarantine() {
  started_ = now();
  handed_over_ = true;
  const auto& frame = queue_.in_flight().front();
  const auto peeked = atproto::peek_frame(*frame.data);
  const auto rejection = rejection_.value_or(db::db_error{});
  const bool unfinished = machine_.one_by_one();
  const auto left_out =
      lines_.allow(unfinished ? line::unfinished_frame : line::rejected_frame, now());
  if (left_out && unfinished)
    log::shard().error(
        "PostgreSQL does not finish frame {} in {} ms; writing its operations one by one, "
        "and moving those that do not finish alone to dead_letters: {} {} ({} similar "
        "lines suppressed)",
        frame.seq, (machine_.time_factor() * node_->options.transaction_timeout).count(),
        rejection.sqlstate, rejection.message, *left_out);
  else if (left_out)
    log::shard().error(
        "PostgreSQL rejected frame {}; moving the offending operations to dead_letters: "
        "{} {} ({} similar lines suppressed)",
        frame.seq, rejection.sqlstate, rejection.message, *left_out);
  db::refused_frame refused{frame.seq, peeked ? std::string{peeked->did} : std::string{},
                            rejection.message, rejection.sqlstate, *frame.data};
  ask_database(
      self_, *node_,
      db::bisect_job{batch_, std::move(refused), machine_.quarantine_whole_frame(),
                     machine_.one_by_one()},
      [this](const db::apply_report& report) { on_committed(report); },
      [this](const job_failure& failure) { on_failed(failure); });
}

void shard_state::on_committed(const db::apply_report& report) {
  const auto& out = node_->metrics.batches();
  const auto took = now() - started_;
  out.seconds->Observe(std::chrono::duration<double>(took).count());
  out.batches.of("committed").Increment();
  const auto unconfirmed = std::exchange(unconfirmed_report_, std::nullopt);
  count(report.already_applied && unconfirmed ? *unconfirmed : report);
  const auto batch = std::exchange(batch_, nullptr);
  rejection_.reset();
  if (node_->events.active())
    for (const auto& frame : queue_.in_flight())
      node_->events.finished(frame.seq, "committed", effects_of(report, took), now());
  must_hold(queue_.committed(batch_end_));
  report_durable(stamps_of(*batch));
  if (const auto identity = node_->actors.find(names::identity);
      identity && !(batch->identities.empty() && batch->accounts.empty()))
    self_->send(identity, identity_tasks_added{});
  carry_out(machine_.on_committed(took, queue_.empty(), queue_.has_work(), now()));
}

void shard_state::on_failed(const job_failure& failure) {
  const auto& error = failure.why;
  const auto& out = node_->metrics.batches();
  out.seconds->Observe(std::chrono::duration<double>(now() - started_).count());
  if (failure.partial) {
    count_report(node_->metrics, failure.partial->done);
    report_pending(failure.partial->done);
    if (failure.partial->unconfirmed)
      unconfirmed_report_ = failure.partial->unconfirmed;
  }
  const auto kind = kind_of(error);
  out.batches.of(kind == batch_failure::fenced ? "fenced" : db::to_string(error.cls)).Increment();
  if (kind == batch_failure::fenced)
    on_fenced();
  trace_in_flight("failed", [&] { return error.sqlstate + " " + error.message; });
  const auto load = machine_.in_flight();
  const auto decision = machine_.on_failed(kind, unconfirmed_report_.has_value(), now(), random());
  note_rejection(decision, error, load);
  const bool fatal = kind == batch_failure::fatal;
  const auto why = fatal ? db::describe(error) : error.message;
  carry_out(decision, rejection_ ? "quarantining a frame" : "writing a batch",
            fatal && load.frames > 0
                ? fmt::format("before frame {}: {}", queue_.in_flight().front().seq, why)
                : why);
}

// The shard is another node's, or has another token here: what the table says now decides whether
// this actor is stopped or started again. It does nothing until then.
void shard_state::on_fenced() {
  if (const auto left_out = lines_.allow(line::fenced, now()))
    log::shard().warn("shard {}: token {} is not the current one; the shard was placed anew{}",
                      number_, token_, log::left_out_note(*left_out));
  if (const auto cluster = node_->actors.find(names::cluster))
    self_->send(cluster, read_cluster{});
}

// What is quarantined needs its reason; a batch that is tried with fewer frames is worth a line.
void shard_state::note_rejection(const shard_decision& decision, const db::db_error& error,
                                 const batch_load& load) {
  if (decision.next == action::quarantine && !rejection_)
    rejection_ = error;
  if (!decision.requeue)
    return;
  const bool unfinished = ends_sooner_if_smaller(error);
  const auto left_out =
      lines_.allow(unfinished ? line::unfinished_batch : line::rejected_batch, now());
  if (left_out && unfinished)
    log::shard().warn(
        "shard {}: PostgreSQL did not finish a batch of {} frames with {} operations ({}), "
        "trying at most {} operations ({} similar lines suppressed)",
        number_, load.frames, load.ops, error.sqlstate, machine_.max_ops(), *left_out);
  else if (left_out)
    log::shard().warn("shard {}: PostgreSQL rejected a batch of {} frames with {} operations ({}), "
                      "trying at most {} operations ({} similar lines suppressed)",
                      number_, load.frames, load.ops, error.sqlstate, machine_.max_ops(),
                      *left_out);
}

} // namespace prism
