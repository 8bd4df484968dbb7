// What a shard reports to other actors, to readiness and to the metrics.
#include "actors/runtime/report_counters.hpp"

#include "actors/shard.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <atomic>

namespace prism {

namespace {

[[nodiscard]] std::uint64_t random_number() {
  std::random_device random;
  return std::uniform_int_distribution<std::uint64_t>{1, UINT64_MAX >> 1U}(random);
}

// Unlike those of all nodes: what the leader has sent on to a shard's former node, and sends to its
// present one before that has announced itself, must not be taken for the whole.
[[nodiscard]] std::uint64_t next_incarnation() {
  static std::atomic<std::uint64_t> last{random_number()};
  return ++last;
}

} // namespace

void shard_state::announce() {
  incarnation_ = next_incarnation();
  queue_.forget_apart();
  if (const auto firehose = node_->actors.find(names::firehose))
    self_->send(firehose, shard_ready{number_, incarnation_, queue_.durable().seq});
}

void shard_state::report_durable(std::vector<std::int64_t> stamps) {
  if (const auto firehose = node_->actors.find(names::firehose))
    self_->send(firehose, frames_durable{number_, queue_.durable(), std::move(stamps)});
}

// For readiness.
void shard_state::report_problem(const shard_decision& decision, std::string_view what,
                                 const std::string& why) {
  if (decision.clear_problem)
    node_->status.clear_problem(names::shard(number_));
  if (decision.blocked) {
    log::shard().error("shard {} blocked {}; operator action required, no frame has been skipped",
                       number_, why);
    node_->status.set_problem(names::shard(number_), why);
  }
  if (decision.blocked || decision.clear_problem)
    metrics_.held->Set(machine_.blocked() ? 1 : 0);
  if (decision.stalled)
    node_->status.set_problem(
        names::shard(number_),
        fmt::format("{} has made no progress for {} s: {}", what, decision.stalled->count(), why));
}

void shard_state::count(const db::apply_report& report) {
  count_not_indexed();
  const auto& out = node_->metrics.batches();
  const auto ops = count_report(node_->metrics, report);
  out.frames->Observe(static_cast<double>(queue_.in_flight().size()));
  out.ops->Observe(static_cast<double>(ops));
  if (report.stale > 0)
    out.skipped.of("replayed").Increment(report.stale);
  for (const auto& part : report.quarantined) {
    if (const auto left_out = lines_.allow(line::dead_letter, now()))
      log::shard().error(
          "shard {}: dead letter: frame {} {}: {}{}", number_, queue_.in_flight().front().seq,
          part.path.empty() ? "as a whole" : part.path, part.reason, log::left_out_note(*left_out));
    out.dead_letters->Increment();
  }
  report_pending(report);
}

void shard_state::count_not_indexed() {
  const auto& left_out = maker_.left_out();
  for (const auto& [collection, reason] : left_out.records)
    node_->metrics.rejected(collection, reason).Increment();
  for (const auto why : left_out.frames)
    node_->metrics.firehose().bad_frames.of(to_string(why)).Increment();
  for (const auto field : left_out.stamps)
    node_->metrics.batches().stamps_ahead.of(to_string(field)).Increment();
  node_->metrics.batches()
      .skipped.of("unknown_collection")
      .Increment(static_cast<double>(left_out.unknown_collections));
  node_->metrics.batches().legacy_blobs->Increment(static_cast<double>(left_out.legacy_blobs));
}

void shard_state::report_pending(const db::apply_report& report) {
  if (const auto left_over = pending_.add(report.pending); left_over > 0)
    node_->metrics.pending().events.of("unnoted").Increment(static_cast<double>(left_over));
  // Written by a session of a pool that has died, or already reported.
  if (report.already_applied)
    pending_.mark_lost();
  send_pending();
}

void shard_state::send_pending() {
  const auto actor = node_->actors.find(names::pending_ops);
  if (!actor)
    return;
  auto report = pending_.next();
  if (!report)
    return;
  const auto unit =
      std::make_shared<metrics::channel_unit>(node_->metrics.bounded("shard_to_pending_ops"));
  self_
      ->request(actor, std::chrono::seconds{10},
                pending_changed{std::make_shared<const std::vector<db::pending_change>>(
                                    std::move(report->changes)),
                                report->complete})
      .then(
          [this, unit](const pending_noted&) {
            unit->leave();
            pending_.answered();
            send_pending();
          },
          [this, unit](const caf::error&) {
            unit->leave();
            pending_.failed();
          });
}

} // namespace prism
