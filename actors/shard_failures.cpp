// What a shard makes of a batch that the database did not take.
#include "actors/runtime/database_errors.hpp"
#include "actors/runtime/report_counters.hpp"
#include "actors/shard.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

namespace prism {

namespace {

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

} // namespace

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
  if (decision.next == shard_decision::action::quarantine && !rejection_)
    rejection_ = error;
  if (!decision.requeue)
    return;
  const bool unfinished = ends_sooner_if_smaller(error);
  const auto left_out =
      lines_.allow(unfinished ? line::unfinished_batch : line::rejected_batch, now());
  if (left_out && unfinished)
    log::shard().warn(
        "shard {}: PostgreSQL did not finish a batch of {} frames with {} operations ({}), "
        "trying at most {} operations{}",
        number_, load.frames, load.ops, error.sqlstate, machine_.max_ops(),
        log::left_out_note(*left_out));
  else if (left_out)
    log::shard().warn("shard {}: PostgreSQL rejected a batch of {} frames with {} operations ({}), "
                      "trying at most {} operations{}",
                      number_, load.frames, load.ops, error.sqlstate, machine_.max_ops(),
                      log::left_out_note(*left_out));
}

// Logs an error, because the operation is not indexed until an operator retries it.
void shard_state::note_quarantine(const db::db_error& rejection) {
  const auto seq = queue_.in_flight().front().seq;
  const bool unfinished = machine_.one_by_one();
  const auto left_out =
      lines_.allow(unfinished ? line::unfinished_frame : line::rejected_frame, now());
  if (left_out && unfinished)
    log::shard().error("shard {}: PostgreSQL does not finish frame {} in {} ms; writing its "
                       "operations one by one, "
                       "and moving those that do not finish alone to dead_letters: {} {}{}",
                       number_, seq,
                       (machine_.time_factor() * node_->options.transaction_timeout).count(),
                       rejection.sqlstate, rejection.message, log::left_out_note(*left_out));
  else if (left_out)
    log::shard().error(
        "shard {}: PostgreSQL rejected frame {}; moving the offending operations to dead_letters: "
        "{} {}{}",
        number_, seq, rejection.sqlstate, rejection.message, log::left_out_note(*left_out));
}

} // namespace prism
