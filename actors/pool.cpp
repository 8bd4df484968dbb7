#include "actors/pool.hpp"

#include "actors/db_session.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

namespace prism {

namespace {

constexpr std::chrono::milliseconds sweep_interval{500};

/// SQLSTATE of a server that has no connection left for us.
constexpr std::string_view too_many_connections = "53300";

/// Share of the greatest age by which sessions differ, so that they do not all go at once.
constexpr double age_variance = 0.1;

[[nodiscard]] job_result refused(std::string_view sqlstate, std::string message) {
  return {std::make_shared<const db::job_outcome>(tl::unexpected(db::db_error{
      db::error_class::transient, std::string{sqlstate}, std::move(message), "pool"}))};
}

[[nodiscard]] double seconds(steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

[[nodiscard]] double uniform(std::minstd_rand& random) {
  return std::uniform_real_distribution<>{0, 1}(random);
}

} // namespace

pool_state::pool_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)), metrics_(node_->metrics.database()) {
  self_->set_down_handler([this](const caf::down_msg& down) { session_down(down); });
  metrics_.max_connections->Set(static_cast<double>(node_->options.db_pool_size));
}

pool_state::~pool_state() {
  for (auto& each : waiting_)
    each.answer.deliver(refused("08006", "the database pool ended"));
  for (auto& [address, each] : sessions_) {
    if (each.job_at_work)
      each.job_at_work->answer.deliver(refused("08006", "the database pool ended"));
    caf::anon_send_exit(each.handle, caf::exit_reason::user_shutdown);
    node_->actors.erase(each.name, address);
  }
}

pool_actor::behavior_type pool_state::make_behavior() {
  self_->delayed_send(self_, sweep_interval, tick{});
  return {[this](const run_job& job) -> caf::result<job_result> {
            // The promise takes the sender away.
            const auto sender = caf::actor_cast<caf::actor_addr>(self_->current_sender());
            auto borrower = node_->actors.name_of(sender);
            auto answer = self_->make_response_promise<job_result>();
            enqueue({job, answer, steady_clock::now(),
                     borrower.empty() ? "an actor without name" : std::move(borrower)});
            return answer;
          },
          [this](const get_pool_sample&) { return sample(); },
          [this](const tick&) {
            self_->delayed_send(self_, sweep_interval, tick{});
            sweep();
          },
          [this](const wake_up&) { assign(); },
          [this](const stop_request&) {
            stopping_ = true;
            stop_if_idle();
          },
          [this](const get_status&) -> actor_status {
            const auto now = sample();
            return {name,
                    {{"sessions", std::to_string(now.total)},
                     {"active", std::to_string(now.active)},
                     {"idle", std::to_string(now.idle)},
                     {"waiting", std::to_string(now.waiting)},
                     {"refused", refusal_}}};
          }};
}

void pool_state::enqueue(waiter next) {
  if (waiting_.size() >= node_->options.db_max_waiting) {
    spdlog::error("pool: {} jobs wait already, one more is refused", waiting_.size());
    metrics_.rejected->Increment();
    next.answer.deliver(refused("53300", "too many jobs wait for a database session"));
    return;
  }
  waiting_.push_back(std::move(next));
  assign();
}

void pool_state::assign() {
  const auto now = steady_clock::now();
  while (!waiting_.empty()) {
    caf::actor_addr who;
    if (!idle_.empty()) {
      // The one used last is the one whose caches are warm; others may stay idle for ever.
      who = idle_.back();
      idle_.pop_back();
    } else if (may_open(now))
      who = open(now);
    else
      break;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    start(who, std::move(next), now);
  }
  show();
}

bool pool_state::may_open(time_point now) const {
  if (sessions_.size() >= node_->options.db_pool_size || now < connect_at_)
    return false;
  // After a refusal one session tries for all.
  return backoff_.attempts() == 0 || std::ranges::none_of(sessions_, [](const auto& each) {
           return each.second.job_at_work && !each.second.connected;
         });
}

caf::actor_addr pool_state::open(time_point now) {
  auto handle = spawn_state<db_session_state, caf::detached>(self_->system(), node_);
  self_->monitor(handle);
  const auto who = caf::actor_cast<caf::actor_addr>(handle);
  const auto age = std::chrono::duration<double>(node_->options.db_session_max_age) *
                   (1 - age_variance * uniform(random_));
  const auto replace_at = node_->options.db_session_max_age.count() == 0
                              ? time_point::max()
                              : now + std::chrono::duration_cast<steady_clock::duration>(age);
  auto known_as = names::db_session(++opened_);
  node_->actors.put(known_as, caf::actor_cast<caf::strong_actor_ptr>(handle));
  sessions_.emplace(
      who,
      session{.handle = std::move(handle), .name = std::move(known_as), .replace_at = replace_at});
  return who;
}

void pool_state::start(const caf::actor_addr& who, waiter next, time_point now) {
  auto& which = sessions_.at(who);
  const auto job = next.job;
  which.job_at_work = std::move(next);
  which.checked_out_at = now;
  which.leak_logged = false;
  self_->request(which.handle, caf::infinite, job)
      .then([this, who](const job_result& done) { finished(who, done); },
            [this, who](const caf::error& problem) {
              session_failed(who, describe(self_->system(), problem));
            });
}

void pool_state::finished(const caf::actor_addr& who, const job_result& done) {
  const auto found = sessions_.find(who);
  if (found == sessions_.end() || !found->second.job_at_work)
    return;
  auto& which = found->second;
  const auto now = steady_clock::now();
  auto job = std::move(*which.job_at_work);
  which.job_at_work.reset();
  if (which.leak_logged)
    spdlog::warn("pool: {} gave its database session back after {:.1f} s", job.borrower,
                 seconds(now - which.checked_out_at));
  if (done.session.unreachable) {
    retire(which, nullptr);
    unreachable(std::move(job), done, now);
  } else {
    metrics_.acquire->Observe(seconds(which.checked_out_at - job.since));
    metrics_.usage->Observe(seconds(now - which.checked_out_at));
    release_or_replace(who, which, done, now);
    job.answer.deliver(done);
  }
  assign();
  stop_if_idle();
}

// The job was not begun, so it keeps its turn, if waiting can help.
void pool_state::unreachable(waiter job, const job_result& done, time_point now) {
  metrics_.connect_failures->Increment();
  const auto& why = done.what->error();
  note_failure(why.sqlstate == too_many_connections);
  refusal_ = why.message;
  const auto delay = backoff_.next(uniform(random_));
  connect_at_ = std::max(connect_at_, now + delay);
  self_->delayed_send(self_, delay, wake_up{});
  const bool may_wait = why.cls == db::error_class::transient && !stopping_ &&
                        !node_->status.draining &&
                        now - job.since < node_->options.db_acquire_timeout;
  if (!may_wait) {
    job.answer.deliver(done);
    return;
  }
  const auto place =
      std::ranges::find_if(waiting_, [&](const waiter& each) { return each.since > job.since; });
  waiting_.insert(place, std::move(job));
}

// What becomes of a session after its job.
void pool_state::release_or_replace(const caf::actor_addr& who, session& which,
                                    const job_result& done, time_point now) {
  if (done.session.opened.count() > 0) {
    metrics_.creation->Observe(seconds(done.session.opened));
    backoff_.reset();
    connect_at_ = now;
    refusal_.clear();
  }
  which.connected = true;
  if (!done.session.broken) {
    reachable_.answered();
    node_->status.database_reachable = true;
  }
  if (done.session.broken) {
    retire(which, "broken");
    note_failure(false);
  } else if (now >= which.replace_at)
    retire(which, "aged");
  else
    idle_.push_back(who);
}

void pool_state::note_failure(bool server_full) {
  const auto connected = std::ranges::count_if(
      sessions_, [](const auto& each) { return each.second.connected && !each.second.leaving; });
  reachable_.failed(static_cast<std::size_t>(connected), server_full);
  node_->status.database_reachable = reachable_.reachable();
}

// It counts until it is gone, so there are never more connections than allowed.
void pool_state::retire(session& which, const char* reason) {
  which.leaving = true;
  if (reason != nullptr)
    metrics_.replaced.of(reason).Increment();
  caf::anon_send(which.handle, stop_request{});
}

// Before its job is answered. Whether the answer or the end comes first is CAF's affair.
void pool_state::note_crash(session& which, const std::string& why) {
  if (std::exchange(which.crashed, true))
    return;
  which.leaving = true;
  metrics_.replaced.of("crashed").Increment();
  node_->metrics.actor(db_session_state::name).restarts->Increment();
  spdlog::warn("pool: a database session died: {}", why);
}

void pool_state::session_failed(const caf::actor_addr& who, const std::string& why) {
  const auto found = sessions_.find(who);
  if (found == sessions_.end() || !found->second.job_at_work)
    return;
  note_crash(found->second, why);
  auto job = std::move(*found->second.job_at_work);
  found->second.job_at_work.reset();
  job.answer.deliver(refused("08006", "the database session died: " + why));
  stop_if_idle();
}

void pool_state::session_down(const caf::down_msg& down) {
  const auto why = describe(self_->system(), down.reason);
  session_failed(down.source, why);
  if (const auto found = sessions_.find(down.source); found != sessions_.end()) {
    if (down.reason)
      note_crash(found->second, why);
    node_->actors.erase(found->second.name, down.source);
    sessions_.erase(found);
  }
  std::erase(idle_, down.source);
  assign();
  stop_if_idle();
}

void pool_state::sweep() {
  const auto now = steady_clock::now();
  find_leaks(now);
  expire_waiters(now);
  std::erase_if(idle_, [&](const caf::actor_addr& who) {
    auto& which = sessions_.at(who);
    if (now < which.replace_at)
      return false;
    retire(which, "aged");
    return true;
  });
  assign();
  stop_if_idle();
}

void pool_state::find_leaks(time_point now) {
  const auto threshold = node_->options.db_leak_threshold;
  if (threshold.count() == 0)
    return;
  for (auto& [who, which] : sessions_) {
    if (!which.job_at_work || which.leak_logged || now - which.checked_out_at < threshold)
      continue;
    which.leak_logged = true;
    metrics_.leaks->Increment();
    spdlog::error("pool: {} has had a database session for {:.1f} s, with job {}; is it stuck?",
                  which.job_at_work->borrower, seconds(now - which.checked_out_at),
                  db::name_of(*which.job_at_work->job.what));
  }
}

void pool_state::expire_waiters(time_point now) {
  // A node that stops does not wait for a database that is away.
  const bool hopeless = backoff_.attempts() > 0 && (stopping_ || node_->status.draining);
  while (!waiting_.empty() &&
         (hopeless || now - waiting_.front().since >= node_->options.db_acquire_timeout)) {
    metrics_.timeouts->Increment();
    waiting_.front().answer.deliver(
        refused("53300", "no database session became free within the acquire timeout" +
                             (refusal_.empty() ? refusal_ : "; the last refusal: " + refusal_)));
    waiting_.pop_front();
  }
}

void pool_state::stop_if_idle() {
  if (stopping_ && waiting_.empty() && busy() == 0)
    self_->quit();
}

std::size_t pool_state::busy() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      sessions_, [](const auto& each) { return each.second.job_at_work.has_value(); }));
}

pool_sample pool_state::sample() const {
  const auto active = busy();
  return {.active = active,
          .idle = idle_.size(),
          .waiting = waiting_.size(),
          .total = active + idle_.size()};
}

void pool_state::show() const {
  const auto now = sample();
  metrics_.connections->Set(static_cast<double>(now.total));
  metrics_.idle->Set(static_cast<double>(now.idle));
  metrics_.active->Set(static_cast<double>(now.active));
  metrics_.waiting->Set(static_cast<double>(now.waiting));
}

} // namespace prism
