#include "actors/shard.hpp"

#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/database_errors.hpp"
#include "actors/runtime/report_counters.hpp"
#include "atproto/frame/frame.hpp"
#include "core/crash_point.hpp"
#include "metrics/labels.hpp"

#include <algorithm>
#include <atomic>
#include <spdlog/spdlog.h>

namespace prism {

namespace {

// The newest of the batch's events, for the lag.
[[nodiscard]] std::int64_t newest_time(const db::batch& of) {
  std::int64_t newest = 0;
  for (const auto& head : of.heads)
    newest = std::max(newest, head.commit_time);
  for (const auto& event : of.accounts)
    newest = std::max(newest, event.time);
  for (const auto& event : of.identities)
    newest = std::max(newest, event.time);
  return newest;
}

[[nodiscard]] std::uint64_t next_incarnation() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// A deletion touches much, and has a batch to itself.
[[nodiscard]] bool needs_own_batch(const atproto::frame& frame) {
  const auto* account = std::get_if<atproto::account_frame>(&frame);
  return account != nullptr && !account->active && account->status == "deleted";
}

} // namespace

shard_state::shard_state(self_pointer self, node_ptr node, std::size_t number)
    : self_(self), node_(std::move(node)), number_(number), metrics_(node_->metrics.shard(number)),
      shown_user_ids_(node_->metrics.cache("shard_users")),
      backoff_(backoff_options{.min = std::chrono::milliseconds{100},
                               .max = std::chrono::milliseconds{5'000}}),
      depth_(capacity(node_->options)),
      size_(node_->options.batch_max_frames, node_->options.transaction_timeout) {
  events_.rejected = [this](std::string_view did, std::string_view path, std::string_view reason,
                            const std::string& message) {
    if (current_seq_ > logged_up_to_seq_)
      spdlog::info("record refused: at://{}/{}: {}: {}", did, path, reason, message);
    not_indexed_.records.push_back(
        {std::string{path.substr(0, path.find('/'))}, std::string{reason}});
  };
  events_.skipped = [this](std::string_view) { ++not_indexed_.unknown_collections; };
}

shard_actor::behavior_type shard_state::make_behavior() {
  load_cursor();
  return {[this](const frame_batch& arrived) { accept(arrived); },
          [this](const advance_to& target) { advance(target); },
          [this](const firehose_started&) { restart_stream(); },
          [this](const tick&) { on_retry_timer(); },
          [this](const stop_request&) {
            stopping_ = true;
            hit(crash_point::during_drain);
            stop_if_idle();
          },
          [this](const get_status&) -> actor_status {
            return {names::shard(number_),
                    {{"durable_seq", std::to_string(durable_seq_)},
                     {"depth", std::to_string(depth_.depth())},
                     {"peak", std::to_string(depth_.peak())},
                     {"capacity", std::to_string(depth_.capacity())}}};
          }};
}

void shard_state::load_cursor() {
  phase_ = phase::loading;
  mark_waiting();
  ask_database(
      self_, *node_, db::cursors_job{node_->service},
      [this](const std::vector<db::shard_cursor>& cursors) {
        for (const auto& each : cursors)
          if (each.shard == static_cast<std::int32_t>(number_))
            durable_seq_ = last_seq_ = each.seq;
        backoff_.reset();
        // There may be nothing to commit for a long time.
        if (std::exchange(waiting_since_, std::nullopt))
          node_->status.clear_problem(names::shard(number_));
        phase_ = phase::idle;
        announce();
      },
      [this](const job_failure& failure) { retry_later("cursor", failure.why.message); });
}

// A new firehose knows nothing of what is in hand here. What waits is given back, to come again;
// what is being written is finished first, or both sides would count it differently.
void shard_state::restart_stream() {
  if (const auto freed = depth_.finished(queue_.size()); !freed)
    throw std::logic_error(freed.error().message);
  queue_.clear();
  last_seq_ = in_flight_.empty() ? durable_seq_ : in_flight_.back().seq;
  incarnation_ = 0;
  announcement_due_ = true;
  if (phase_ == phase::idle)
    announce();
}

void shard_state::announce() {
  announcement_due_ = false;
  incarnation_ = next_incarnation();
  if (const auto firehose = node_->actors.find(names::firehose))
    self_->send(firehose, shard_ready{number_, incarnation_, durable_seq_});
}

void shard_state::accept(const frame_batch& arrived) {
  if (arrived.incarnation != incarnation_)
    return;
  metrics_.frames->Increment(static_cast<double>(arrived.frames->size()));
  std::size_t new_frames = 0;
  for (const auto& frame : *arrived.frames) {
    // A firehose that was restarted sends again what this shard has in hand.
    if (frame.seq <= last_seq_)
      continue;
    last_seq_ = frame.seq;
    queue_.push_back(frame);
    ++new_frames;
  }
  if (const auto kept = depth_.arrived(new_frames); !kept)
    throw std::logic_error("more frames than credit: " + kept.error().message);
  if (phase_ != phase::idle)
    return;
  // What was sent again is committed, or it would be in hand: nothing else would tell the firehose.
  if (new_frames < arrived.frames->size())
    report_durable(0);
  start_batch();
}

void shard_state::report_durable(std::int64_t event_time) {
  if (const auto firehose = node_->actors.find(names::firehose))
    self_->send(firehose, frames_durable{number_, durable_seq_, event_time});
}

void shard_state::advance(const advance_to& target) {
  idle_until_ = std::max(idle_until_, target.seq);
  if (phase_ == phase::idle)
    start_batch();
}

// Builds the batch of the frames at the head of the queue, which stay at hand until it is
// committed.
void shard_state::build() {
  db::batch_builder builder(events_);
  bool full = false;
  in_flight_.clear();
  not_indexed_ = {};
  while (!queue_.empty() && !full) {
    const auto& frame = queue_.front();
    current_seq_ = frame.seq;
    const auto decoded = atproto::decode_frame(*frame.data);
    const bool alone = decoded && needs_own_batch(*decoded);
    if (alone && !in_flight_.empty())
      break;
    const auto added = decoded ? builder.add(*decoded) : tl::unexpected(decoded.error());
    if (!added) {
      if (current_seq_ > logged_up_to_seq_)
        spdlog::warn("frame {} is passed over: {}", frame.seq, added.error().message);
      not_indexed_.frames.push_back(added.error().code);
    }
    full = alone || in_flight_.size() + 1 >= size_.max_frames();
    in_flight_.push_back(frame);
    queue_.pop_front();
  }
  logged_up_to_seq_ = std::max(logged_up_to_seq_, current_seq_);
  batch_ = std::make_shared<db::batch>(builder.take());
  batch_->service = node_->service;
  batch_->shard = static_cast<std::int32_t>(number_);
  batch_->epoch = node_->epoch;
  batch_->verify_deletions = node_->options.verify_deletions && node_->options.identity_lookups;
  batch_->last_seq = in_flight_.empty() ? idle_until_ : in_flight_.back().seq;
  hit(crash_point::after_decode);
}

void shard_state::start_batch() {
  if (stopping_) {
    stop_if_idle();
    return;
  }
  if (queue_.empty() && idle_until_ <= durable_seq_) {
    phase_ = phase::idle;
    return;
  }
  mark_waiting();
  build();
  resolve_user_ids();
}

// From its beginning: what the database swallows fails only much later.
void shard_state::mark_waiting() {
  if (!waiting_since_)
    waiting_since_ = steady_clock::now();
}

void shard_state::resolve_user_ids() {
  phase_ = phase::resolving_ids;
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
    return write();
  const auto creator = node_->actors.find(names::user_creation);
  if (!creator)
    return retry_later("user ids", "user_creation is not running");
  self_
      ->request(creator, caf::infinite,
                intern_users{std::make_shared<const std::vector<std::string>>(unresolved_)})
      .then(
          [this](const interned_users& done) {
            if (!done.ids) {
              if (!done.refused.empty())
                return bisect({db::error_class::poison, done.refused, done.problem, {}});
              if (done.needs_operator)
                mark_blocked("before new users: " + done.problem);
              return retry_later("user ids", done.problem);
            }
            for (std::size_t i = 0; i < unresolved_.size(); ++i) {
              batch_->user_ids[unresolved_at_[i]] = (*done.ids)[i];
              user_ids_.put(unresolved_[i], (*done.ids)[i]);
            }
            shown_user_ids_.show(user_ids_);
            write();
          },
          [this](const caf::error& problem) {
            retry_later("user ids", describe(self_->system(), problem));
          });
}

void shard_state::write() {
  phase_ = phase::writing;
  started_ = std::chrono::steady_clock::now();
  ask_database(
      self_, *node_, db::apply_job{batch_},
      [this](const db::apply_report& report) { written(report); },
      [this](const job_failure& failure) { not_written(failure); });
}

steady_clock::duration shard_state::observe_batch() {
  const auto took = steady_clock::now() - started_;
  node_->metrics.batches().seconds->Observe(std::chrono::duration<double>(took).count());
  return took;
}

void shard_state::written(const db::apply_report& report) {
  size_.committed(in_flight_.size(), observe_batch());
  node_->metrics.batches().batches.of("committed").Increment();
  committed(report.already_applied && unconfirmed_report_ ? *unconfirmed_report_ : report);
}

void shard_state::not_written(const job_failure& failure) {
  observe_batch();
  const auto& out = node_->metrics.batches();
  const auto& why = failure.why;
  if (failure.partial)
    record_partial(*failure.partial);
  // Of a portion of a deletion ahead of the batch.
  if (why.cls == db::error_class::commit_unknown && !unconfirmed_report_)
    pending_report_lost_ = true;
  if (why.sqlstate == db::fenced_state) {
    out.batches.of("fenced").Increment();
    node_->status.finish(exit_code::fenced, why.message);
    phase_ = phase::backing_off;
    return stop_if_idle();
  }
  out.batches.of(db::to_string(why.cls)).Increment();
  if (why.cls == db::error_class::poison && !refusal_)
    bisect(why);
  else if (why.cls == db::error_class::fatal)
    block_on_fatal(why);
  else if (ends_sooner_if_smaller(why) && !refusal_ && in_flight_.size() > 1)
    shrink_batch(why);
  else {
    // A refused frame whose operations cannot be sorted in time must not hold up its shard.
    quarantine_whole_frame_ = quarantine_whole_frame_ || (refusal_ && ends_sooner_if_smaller(why));
    retry_later("batch", why.message);
  }
}

// Of a try that has failed.
void shard_state::record_partial(const db::partial_report& of) {
  count_report(node_->metrics, of.done);
  report_pending(of.done);
  if (of.unconfirmed)
    unconfirmed_report_ = of.unconfirmed;
}

// Wrong SQL, schema or rights: a person has to mend it, and leaving frames out would lose them. So
// all before the frame is committed, and the shard stands before it, tries now and then, and says
// so.
void shard_state::block_on_fatal(const db::db_error& why) {
  if (!refusal_ && in_flight_.size() > 1)
    return bisect(why);
  const auto text = in_flight_.empty() ? db::describe(why)
                                       : fmt::format("before frame {}: {}", in_flight_.front().seq,
                                                     db::describe(why));
  mark_blocked(text);
  retry_later("batch", why.message);
}

// Until a batch is committed.
void shard_state::mark_blocked(const std::string& cause) {
  spdlog::error("shard {} cannot go on {}; it needs a person, nothing is left out", number_, cause);
  blocked_ = true;
  node_->status.set_problem(names::shard(number_), cause);
  metrics_.held->Set(1);
}

void shard_state::committed(const db::apply_report& report) {
  count(report);
  durable_seq_ = batch_->last_seq;
  last_seq_ = std::max(last_seq_, durable_seq_);
  if (const auto freed = depth_.finished(in_flight_.size()); !freed)
    throw std::logic_error(freed.error().message);
  report_durable(newest_time(*batch_));
  if (const auto identity = node_->actors.find(names::identity);
      identity && !(batch_->identities.empty() && batch_->accounts.empty()))
    self_->send(identity, identity_tasks_added{});
  in_flight_.clear();
  batch_.reset();
  refusal_.reset();
  quarantine_whole_frame_ = false;
  unconfirmed_report_.reset();
  waiting_since_.reset();
  blocked_ = false;
  node_->status.clear_problem(names::shard(number_));
  metrics_.held->Set(0);
  backoff_.reset();
  phase_ = phase::idle;
  if (announcement_due_ && queue_.empty())
    announce();
  start_batch();
}

// Halves the batch until one frame is left, of which what is refused is then kept aside.
void shard_state::bisect(const db::db_error& why) {
  if (in_flight_.size() <= 1) {
    if (in_flight_.empty())
      return retry_later("cursor", why.message);
    refusal_ = why;
    // Without the ids of its DIDs its operations cannot even be tried.
    quarantine_whole_frame_ = phase_ == phase::resolving_ids;
    return quarantine_frame();
  }
  size_.failed(in_flight_.size());
  spdlog::warn("shard {}: a batch of {} frames is refused ({}), trying {}", number_,
               in_flight_.size(), why.sqlstate, size_.max_frames());
  requeue();
  start_batch();
}

// As many again would run out of time again, for ever: a slow database is caught up with only by
// batches that end.
void shard_state::shrink_batch(const db::db_error& why) {
  size_.failed(in_flight_.size());
  spdlog::warn("shard {}: a batch of {} frames is too much for the database now ({}), trying {}",
               number_, in_flight_.size(), why.sqlstate, size_.max_frames());
  requeue();
  retry_later("batch", why.message);
}

// The frames of the batch wait again, before all others.
void shard_state::requeue() {
  // It is of more frames than the next batch, and would be taken for that one's.
  if (std::exchange(unconfirmed_report_, std::nullopt))
    pending_report_lost_ = true;
  while (!in_flight_.empty()) {
    queue_.push_front(std::move(in_flight_.back()));
    in_flight_.pop_back();
  }
  batch_.reset();
}

void shard_state::quarantine_frame() {
  phase_ = phase::writing;
  started_ = std::chrono::steady_clock::now();
  const auto& frame = in_flight_.front();
  const auto peeked = atproto::peek_frame(*frame.data);
  spdlog::error("frame {} is refused, what is at fault goes to dead_letters: {} {}", frame.seq,
                refusal_->sqlstate, refusal_->message);
  db::refused_frame refused{peeked ? std::string{peeked->did} : std::string{}, refusal_->message,
                            refusal_->sqlstate, *frame.data};
  ask_database(
      self_, *node_, db::bisect_job{batch_, std::move(refused), quarantine_whole_frame_},
      [this](const db::apply_report& report) { written(report); },
      [this](const job_failure& failure) { not_written(failure); });
}

void shard_state::retry_later(std::string_view what, const std::string& why) {
  if (phase_ != phase::loading)
    phase_ = phase::backing_off;
  const auto delay = backoff_.next(std::uniform_real_distribution<>{0, 1}(random_));
  spdlog::warn("shard {}: {} has to wait {} ms: {}", number_, what, delay.count(), why);
  mark_waiting();
  const auto now = steady_clock::now();
  // Whatever the reason: a shard that does not get on is no secret. If it stands, that is told.
  if (!blocked_ && now - *waiting_since_ >= stall_threshold)
    node_->status.set_problem(
        names::shard(number_),
        fmt::format("{} has not got on for {} s: {}", what,
                    std::chrono::duration_cast<std::chrono::seconds>(now - *waiting_since_).count(),
                    why));
  self_->delayed_send(self_, delay, tick{});
  stop_if_idle();
}

void shard_state::on_retry_timer() {
  if (phase_ == phase::loading)
    load_cursor();
  else if (phase_ == phase::backing_off && refusal_)
    quarantine_frame();
  else if (phase_ == phase::backing_off && batch_) {
    // A session of a pool that has died may still be at work on the one it was given.
    batch_ = std::make_shared<db::batch>(*batch_);
    resolve_user_ids();
  } else if (phase_ == phase::backing_off) {
    // A firehose that was started meanwhile has got the frames back, and waits to be told so.
    if (announcement_due_ && queue_.empty())
      announce();
    start_batch();
  }
}

void shard_state::stop_if_idle() {
  if (stopping_ && phase_ != phase::writing && phase_ != phase::resolving_ids)
    self_->quit();
}

void shard_state::count(const db::apply_report& report) {
  count_not_indexed();
  const auto& out = node_->metrics.batches();
  const auto ops = count_report(node_->metrics, report);
  out.frames->Observe(static_cast<double>(in_flight_.size()));
  out.ops->Observe(static_cast<double>(ops));
  if (report.stale > 0)
    out.skipped.of("replayed").Increment(report.stale);
  for (const auto& part : report.quarantined) {
    spdlog::error("dead letter: frame {} {}: {}", in_flight_.front().seq,
                  part.path.empty() ? "as a whole" : part.path, part.reason);
    out.dead_letters->Increment();
  }
  report_pending(report);
}

void shard_state::count_not_indexed() {
  for (const auto& [collection, reason] : not_indexed_.records)
    node_->metrics.rejected(collection, reason).Increment();
  for (const auto why : not_indexed_.frames)
    node_->metrics.firehose().bad_frames.of(to_string(why)).Increment();
  node_->metrics.batches()
      .skipped.of("unknown_collection")
      .Increment(static_cast<double>(not_indexed_.unknown_collections));
  not_indexed_ = {};
}

void shard_state::report_pending(const db::apply_report& report) {
  const auto& changes = report.pending;
  const auto fits = std::min(changes.size(), unreported_capacity - unreported_.size());
  unreported_.insert(unreported_.end(), changes.begin(),
                     changes.begin() + static_cast<std::ptrdiff_t>(fits));
  if (fits < changes.size())
    node_->metrics.pending().events.of("unnoted").Increment(
        static_cast<double>(changes.size() - fits));
  // Written by a session of a pool that has died, or what was unsure has been told already.
  pending_report_lost_ = pending_report_lost_ || fits < changes.size() || report.already_applied;
  send_pending();
}

void shard_state::send_pending() {
  const auto pending = node_->actors.find(names::pending_ops);
  if (reporting_ || (unreported_.empty() && !pending_report_lost_) || !pending)
    return;
  reporting_ = true;
  const auto done = [this] {
    reporting_ = false;
    send_pending();
  };
  self_
      ->request(pending, std::chrono::seconds{10},
                pending_changed{std::make_shared<const std::vector<db::pending_change>>(
                                    std::exchange(unreported_, {})),
                                !std::exchange(pending_report_lost_, false)})
      .then([done](const pending_noted&) { done(); },
            [this](const caf::error&) {
              reporting_ = false;
              pending_report_lost_ = true; // with the next report
            });
}

} // namespace prism
