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

[[nodiscard]] std::uint64_t next_life() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// A deletion touches much, and has a batch to itself.
[[nodiscard]] bool stands_alone(const atproto::frame& frame) {
  const auto* account = std::get_if<atproto::account_frame>(&frame);
  return account != nullptr && !account->active && account->status == "deleted";
}

} // namespace

shard_state::shard_state(self_pointer self, node_ptr node, std::size_t number)
    : self_(self), node_(std::move(node)), number_(number), metrics_(node_->metrics.shard(number)),
      shown_known_(node_->metrics.cache("shard_users")),
      backoff_(backoff_options{.min = std::chrono::milliseconds{100},
                               .max = std::chrono::milliseconds{5'000}}),
      depth_(capacity(node_->options)),
      size_(node_->options.batch_max_frames, node_->options.transaction_timeout) {
  events_.rejected = [this](std::string_view did, std::string_view path, std::string_view reason,
                            const std::string& message) {
    if (building_ > told_until_)
      spdlog::info("record refused: at://{}/{}: {}: {}", did, path, reason, message);
    passed_over_.records.push_back(
        {std::string{path.substr(0, path.find('/'))}, std::string{reason}});
  };
  events_.skipped = [this](std::string_view) { ++passed_over_.of_no_interest; };
}

shard_actor::behavior_type shard_state::make_behavior() {
  load_cursor();
  return {[this](const frame_batch& arrived) { accept(arrived); },
          [this](const advance_to& target) { advance(target); },
          [this](const firehose_started&) { start_over(); },
          [this](const tick&) { wake(); },
          [this](const stop_request&) {
            stopping_ = true;
            pass(crash_point::during_drain);
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
  begin_to_wait();
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
      [this](const job_failure& failure) { rest("cursor", failure.why.message); });
}

// A new firehose knows nothing of what is in hand here. What waits is given back, to come again;
// what is being written is finished first, or both sides would count it differently.
void shard_state::start_over() {
  if (const auto freed = depth_.finished(queue_.size()); !freed)
    throw std::logic_error(freed.error().message);
  queue_.clear();
  last_seq_ = at_work_.empty() ? durable_seq_ : at_work_.back().seq;
  life_ = 0;
  announce_due_ = true;
  if (phase_ == phase::idle)
    announce();
}

void shard_state::announce() {
  announce_due_ = false;
  life_ = next_life();
  if (const auto firehose = node_->actors.find(names::firehose))
    self_->send(firehose, shard_ready{number_, life_, durable_seq_});
}

void shard_state::accept(const frame_batch& arrived) {
  if (arrived.life != life_)
    return;
  metrics_.frames->Increment(static_cast<double>(arrived.frames->size()));
  std::size_t fresh = 0;
  for (const auto& frame : *arrived.frames) {
    // A firehose that was restarted sends again what this shard has in hand.
    if (frame.seq <= last_seq_)
      continue;
    last_seq_ = frame.seq;
    queue_.push_back(frame);
    ++fresh;
  }
  if (const auto kept = depth_.arrived(fresh); !kept)
    throw std::logic_error("more frames than credit: " + kept.error().message);
  if (phase_ != phase::idle)
    return;
  // What was sent again is committed, or it would be in hand: nothing else would tell the firehose.
  if (fresh < arrived.frames->size())
    tell_durable(0);
  start_batch();
}

void shard_state::tell_durable(std::int64_t event_time) {
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
  at_work_.clear();
  passed_over_ = {};
  while (!queue_.empty() && !full) {
    const auto& frame = queue_.front();
    building_ = frame.seq;
    const auto decoded = atproto::decode_frame(*frame.data);
    const bool alone = decoded && stands_alone(*decoded);
    if (alone && !at_work_.empty())
      break;
    const auto added = decoded ? builder.add(*decoded) : tl::unexpected(decoded.error());
    if (!added) {
      if (building_ > told_until_)
        spdlog::warn("frame {} is passed over: {}", frame.seq, added.error().message);
      passed_over_.frames.push_back(added.error().code);
    }
    full = alone || at_work_.size() + 1 >= size_.most();
    at_work_.push_back(frame);
    queue_.pop_front();
  }
  told_until_ = std::max(told_until_, building_);
  batch_ = std::make_shared<db::batch>(builder.take());
  batch_->service = node_->service;
  batch_->shard = static_cast<std::int32_t>(number_);
  batch_->epoch = node_->epoch;
  batch_->verify_deletions =
      node_->options.verify_deletions == "yes" && node_->options.identity_lookups == "on";
  batch_->last_seq = at_work_.empty() ? idle_until_ : at_work_.back().seq;
  pass(crash_point::after_decode);
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
  begin_to_wait();
  build();
  name_dids();
}

// From its beginning: what the database swallows fails only much later.
void shard_state::begin_to_wait() {
  if (!waiting_since_)
    waiting_since_ = steady_clock::now();
}

void shard_state::name_dids() {
  phase_ = phase::naming;
  const auto& dids = batch_->refs.dids();
  batch_->user_ids.assign(dids.size(), 0);
  unnamed_.clear();
  unnamed_at_.clear();
  for (std::size_t i = 0; i < dids.size(); ++i) {
    if (const auto* id = known_.find(dids[i]))
      batch_->user_ids[i] = *id;
    else {
      unnamed_.push_back(dids[i]);
      unnamed_at_.push_back(i);
    }
  }
  shown_known_.show(known_);
  if (unnamed_.empty())
    return write();
  const auto creator = node_->actors.find(names::user_creation);
  if (!creator)
    return rest("user ids", "user_creation is not running");
  self_
      ->request(creator, caf::infinite,
                intern_users{std::make_shared<const std::vector<std::string>>(unnamed_)})
      .then(
          [this](const interned_users& done) {
            if (!done.ids) {
              if (!done.refused.empty())
                return narrow_down({db::error_class::poison, done.refused, done.problem, {}});
              if (done.needs_person)
                stand("before new users: " + done.problem);
              return rest("user ids", done.problem);
            }
            for (std::size_t i = 0; i < unnamed_.size(); ++i) {
              batch_->user_ids[unnamed_at_[i]] = (*done.ids)[i];
              known_.put(unnamed_[i], (*done.ids)[i]);
            }
            shown_known_.show(known_);
            write();
          },
          [this](const caf::error& problem) {
            rest("user ids", describe(self_->system(), problem));
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
  size_.committed(at_work_.size(), observe_batch());
  node_->metrics.batches().batches.of("committed").Increment();
  committed(report.already_applied && unsure_ ? *unsure_ : report);
}

void shard_state::not_written(const job_failure& failure) {
  observe_batch();
  const auto& out = node_->metrics.batches();
  const auto& why = failure.why;
  if (failure.partial)
    keep_count(*failure.partial);
  // Of a portion of a deletion ahead of the batch.
  if (why.cls == db::error_class::commit_unknown && !unsure_)
    untold_ = true;
  if (why.sqlstate == db::fenced_state) {
    out.batches.of("fenced").Increment();
    node_->status.finish(75, why.message);
    phase_ = phase::resting;
    return stop_if_idle();
  }
  out.batches.of(db::to_string(why.cls)).Increment();
  if (why.cls == db::error_class::poison && !refusal_)
    narrow_down(why);
  else if (why.cls == db::error_class::fatal)
    hold(why);
  else if (ends_sooner_if_smaller(why) && !refusal_ && at_work_.size() > 1)
    take_less(why);
  else {
    // A refused frame whose operations cannot be sorted in time must not hold up its shard.
    whole_ = whole_ || (refusal_ && ends_sooner_if_smaller(why));
    rest("batch", why.message);
  }
}

// Of a try that has failed.
void shard_state::keep_count(const db::partial_report& of) {
  count_report(node_->metrics, of.done);
  report_pending(of.done);
  if (of.unsure)
    unsure_ = of.unsure;
}

// Wrong SQL, schema or rights: a person has to mend it, and leaving frames out would lose them. So
// all before the frame is committed, and the shard stands before it, tries now and then, and says
// so.
void shard_state::hold(const db::db_error& why) {
  if (!refusal_ && at_work_.size() > 1)
    return narrow_down(why);
  const auto text = at_work_.empty() ? db::describe(why)
                                     : fmt::format("before frame {}: {}", at_work_.front().seq,
                                                   db::describe(why));
  stand(text);
  rest("batch", why.message);
}

// Until a batch is committed.
void shard_state::stand(const std::string& before_what) {
  spdlog::error("shard {} cannot go on {}; it needs a person, nothing is left out", number_,
                before_what);
  standing_ = true;
  node_->status.set_problem(names::shard(number_), before_what);
  metrics_.held->Set(1);
}

void shard_state::committed(const db::apply_report& report) {
  count(report);
  durable_seq_ = batch_->last_seq;
  last_seq_ = std::max(last_seq_, durable_seq_);
  if (const auto freed = depth_.finished(at_work_.size()); !freed)
    throw std::logic_error(freed.error().message);
  tell_durable(newest_time(*batch_));
  if (const auto identity = node_->actors.find(names::identity);
      identity && !(batch_->identities.empty() && batch_->accounts.empty()))
    self_->send(identity, identity_tasks_added{});
  at_work_.clear();
  batch_.reset();
  refusal_.reset();
  whole_ = false;
  unsure_.reset();
  waiting_since_.reset();
  standing_ = false;
  node_->status.clear_problem(names::shard(number_));
  metrics_.held->Set(0);
  backoff_.reset();
  phase_ = phase::idle;
  if (announce_due_ && queue_.empty())
    announce();
  start_batch();
}

// Halves the batch until one frame is left, of which what is refused is then kept aside.
void shard_state::narrow_down(const db::db_error& why) {
  if (at_work_.size() <= 1) {
    if (at_work_.empty())
      return rest("cursor", why.message);
    refusal_ = why;
    // Without the ids of its DIDs its operations cannot even be tried.
    whole_ = phase_ == phase::naming;
    return spare();
  }
  size_.failed(at_work_.size());
  spdlog::warn("shard {}: a batch of {} frames is refused ({}), trying {}", number_,
               at_work_.size(), why.sqlstate, size_.most());
  give_back();
  start_batch();
}

// As many again would run out of time again, for ever: a slow database is caught up with only by
// batches that end.
void shard_state::take_less(const db::db_error& why) {
  size_.failed(at_work_.size());
  spdlog::warn("shard {}: a batch of {} frames is too much for the database now ({}), trying {}",
               number_, at_work_.size(), why.sqlstate, size_.most());
  give_back();
  rest("batch", why.message);
}

// The frames of the batch wait again, before all others.
void shard_state::give_back() {
  // It is of more frames than the next batch, and would be taken for that one's.
  if (std::exchange(unsure_, std::nullopt))
    untold_ = true;
  while (!at_work_.empty()) {
    queue_.push_front(std::move(at_work_.back()));
    at_work_.pop_back();
  }
  batch_.reset();
}

void shard_state::spare() {
  phase_ = phase::writing;
  started_ = std::chrono::steady_clock::now();
  const auto& frame = at_work_.front();
  const auto peeked = atproto::peek_frame(*frame.data);
  spdlog::error("frame {} is refused, what is at fault goes to dead_letters: {} {}", frame.seq,
                refusal_->sqlstate, refusal_->message);
  db::refused_frame refused{peeked ? std::string{peeked->did} : std::string{}, refusal_->message,
                            refusal_->sqlstate, *frame.data};
  ask_database(
      self_, *node_, db::sparing_job{batch_, std::move(refused), whole_},
      [this](const db::apply_report& report) { written(report); },
      [this](const job_failure& failure) { not_written(failure); });
}

void shard_state::rest(std::string_view what, const std::string& why) {
  if (phase_ != phase::loading)
    phase_ = phase::resting;
  const auto delay = backoff_.next(std::uniform_real_distribution<>{0, 1}(random_));
  spdlog::warn("shard {}: {} has to wait {} ms: {}", number_, what, delay.count(), why);
  begin_to_wait();
  const auto now = steady_clock::now();
  // Whatever the reason: a shard that does not get on is no secret. If it stands, that is told.
  if (!standing_ && now - *waiting_since_ >= unnoticed_wait)
    node_->status.set_problem(
        names::shard(number_),
        fmt::format("{} has not got on for {} s: {}", what,
                    std::chrono::duration_cast<std::chrono::seconds>(now - *waiting_since_).count(),
                    why));
  self_->delayed_send(self_, delay, tick{});
  stop_if_idle();
}

void shard_state::wake() {
  if (phase_ == phase::loading)
    load_cursor();
  else if (phase_ == phase::resting && refusal_)
    spare();
  else if (phase_ == phase::resting && batch_) {
    // A session of a pool that has died may still be at work on the one it was given.
    batch_ = std::make_shared<db::batch>(*batch_);
    name_dids();
  } else if (phase_ == phase::resting) {
    // A firehose that was started meanwhile has got the frames back, and waits to be told so.
    if (announce_due_ && queue_.empty())
      announce();
    start_batch();
  }
}

void shard_state::stop_if_idle() {
  if (stopping_ && phase_ != phase::writing && phase_ != phase::naming)
    self_->quit();
}

void shard_state::count(const db::apply_report& report) {
  count_passed_over();
  const auto& out = node_->metrics.batches();
  const auto ops = count_report(node_->metrics, report);
  out.frames->Observe(static_cast<double>(at_work_.size()));
  out.ops->Observe(static_cast<double>(ops));
  if (report.stale > 0)
    out.skipped.of("replayed").Increment(report.stale);
  for (const auto& part : report.put_aside) {
    spdlog::error("dead letter: frame {} {}: {}", at_work_.front().seq,
                  part.path.empty() ? "as a whole" : part.path, part.reason);
    out.dead_letters->Increment();
  }
  report_pending(report);
}

void shard_state::count_passed_over() {
  for (const auto& [collection, reason] : passed_over_.records)
    node_->metrics.rejected(collection, reason).Increment();
  for (const auto why : passed_over_.frames)
    node_->metrics.firehose().bad_frames.of(to_string(why)).Increment();
  node_->metrics.batches()
      .skipped.of("unknown_collection")
      .Increment(static_cast<double>(passed_over_.of_no_interest));
  passed_over_ = {};
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
  untold_ = untold_ || fits < changes.size() || report.already_applied;
  send_pending();
}

void shard_state::send_pending() {
  const auto pending = node_->actors.find(names::pending_ops);
  if (reporting_ || (unreported_.empty() && !untold_) || !pending)
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
                                !std::exchange(untold_, false)})
      .then([done](const pending_noted&) { done(); },
            [this](const caf::error&) {
              reporting_ = false;
              untold_ = true; // with the next report
            });
}

} // namespace prism
