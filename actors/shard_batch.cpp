// One batch of a shard, from the frames that wait to its commit.
#include "actors/shard.hpp"

#include "atproto/frame/frame.hpp"
#include "core/crash_point.hpp"
#include "core/stamp_median.hpp"
#include "core/wall_clock.hpp"

#include <utility>

namespace prism {

namespace {

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

// What the batch of a traced event did.
[[nodiscard]] std::string effects_of(const db::apply_report& report, steady_clock::duration took) {
  return fmt::format("{} in {:.1f} ms; parked, released and cancelled in its batch: {}",
                     report.already_applied ? "found committed" : "written",
                     std::chrono::duration<double, std::milli>(took).count(),
                     report.pending.size());
}

} // namespace

void shard_state::build() {
  batch_ = std::make_shared<db::batch>(
      maker_.make(queue_, machine_.max_ops(), node_->place_base, micros_since_1970(), now()));
  batch_end_ = queue_.batch_end();
  batch_->service = node_->service;
  batch_->shard = static_cast<std::int32_t>(number_);
  batch_->token = token_;
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
  note_quarantine(rejection);
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

} // namespace prism
