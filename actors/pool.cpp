#include "actors/pool.hpp"

#include "actors/db_session.hpp"
#include "db/pg/sqlstate.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <utility>

namespace prism {

namespace {

constexpr std::chrono::milliseconds pool_tick{500};

[[nodiscard]] pool_limits pool_limits_of(const config::options& options) {
  return {.max_sessions = options.db_pool_size,
          .max_waiting = options.db_max_waiting,
          .acquire_timeout = options.db_acquire_timeout,
          .session_max_age = options.db_session_max_age,
          .leak_threshold = options.db_leak_threshold};
}

[[nodiscard]] job_result refused(std::string_view sqlstate, std::string message) {
  return {std::make_shared<const db::job_outcome>(
      db::db_fail(sqlstate, std::move(message), pool_state::name))};
}

[[nodiscard]] job_result refused(const pool_machine::refuse_job& action) {
  switch (action.reason) {
  case pool_machine::refusal::queue_full:
    return refused(db::sqlstate::pool_queue_full, "too many jobs wait for a database session");
  case pool_machine::refusal::acquire_timeout:
    return refused(
        db::sqlstate::pool_acquire_timeout,
        "no database session became free within the acquire timeout" +
            (action.detail.empty() ? action.detail : "; the last refusal: " + action.detail));
  case pool_machine::refusal::session_died:
    break;
  }
  return refused(db::sqlstate::connection_failure, "the database session died: " + action.detail);
}

[[nodiscard]] pool_machine::session_report report_of(const job_result& result) {
  using connection = pool_machine::session_report::connection;
  pool_machine::session_report out;
  out.newly_connected = result.session.opened.count() > 0;
  if (result.session.unreachable) {
    const auto& error = result.what->error();
    out.state = connection::unreachable;
    out.server_full = error.sqlstate == db::sqlstate::too_many_connections;
    out.transient = error.cls == db::error_class::transient;
    out.error = error.message;
  } else if (result.session.broken)
    out.state = connection::broken;
  return out;
}

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

[[nodiscard]] double seconds(steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

} // namespace

pool_state::pool_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)), metrics_(node_->metrics.database()),
      queue_(node_->metrics.bounded("pool_queue")),
      at_work_(node_->metrics.bounded("pool_to_db_session")),
      machine_(pool_limits_of(node_->options), std::random_device{}()) {
  self_->set_down_handler([this](const caf::down_msg& down) { on_session_down(down); });
  metrics_.max_connections->Set(static_cast<double>(node_->options.db_pool_size));
}

pool_state::~pool_state() {
  show_channels(0, 0);
  node_->pool.show({});
  for (auto& [id, each] : jobs_)
    each.answer.deliver(refused(db::sqlstate::connection_failure, "the database pool ended"));
  for (auto& [id, each] : sessions_) {
    caf::anon_send_exit(each.handle, caf::exit_reason::user_shutdown);
    node_->actors.erase(each.name, caf::actor_cast<caf::actor_addr>(each.handle));
  }
}

pool_actor::behavior_type pool_state::make_behavior() {
  self_->delayed_send(self_, pool_tick, tick{});
  return {[this](const run_job& job) { return accept(job); },
          [this](const get_pool_sample&) { return machine_.sample(); },
          [this](const tick&) {
            self_->delayed_send(self_, pool_tick, tick{});
            const auto now = steady_clock::now();
            perform(machine_.on_tick(node_->status.draining, now), now);
            show_work(now);
          },
          [this](const wake_up&) {
            const auto now = steady_clock::now();
            perform(machine_.on_wake_up(now), now);
          },
          [this](const stop_request&) { perform(machine_.on_stop(), steady_clock::now()); },
          [this](const get_status&) { return status(); }};
}

actor_status pool_state::status() const {
  const auto sample = machine_.sample();
  const auto now = steady_clock::now();
  boost::json::array sessions;
  for (const auto& each : machine_.sessions(now)) {
    if (sessions.size() == actor_status::max_listed)
      break;
    boost::json::object shown{{"session", names::db_session(each.id)},
                              {"state", to_string(each.state)}};
    if (each.job) {
      const auto& job = jobs_.at(*each.job);
      shown["job"] = db::name_of(*job.job.what);
      shown["borrower"] = job.borrower;
      shown["seconds"] = seconds(each.held);
    }
    sessions.push_back(std::move(shown));
  }
  return {name,
          {{"sessions", sample.total},
           {"active", sample.active},
           {"idle", sample.idle},
           {"waiting", sample.waiting},
           {"reachable", machine_.reachable()},
           {"refused", machine_.last_refusal()},
           {"listed", std::move(sessions)}}};
}

caf::result<job_result> pool_state::accept(const run_job& job) {
  // Before the promise, which takes the sender away.
  auto borrower = node_->actors.name_of(caf::actor_cast<caf::actor_addr>(self_->current_sender()));
  auto answer = self_->make_response_promise<job_result>();
  const auto id = ++last_job_;
  const auto now = steady_clock::now();
  jobs_.emplace(id, pending_job{job, answer,
                                borrower.empty() ? "an unnamed actor" : std::move(borrower), now});
  perform(machine_.on_job(id, now), now);
  return answer;
}

void pool_state::on_result(session_id id, const job_result& result) {
  if (result.session.unreachable)
    metrics_.connect_failures->Increment();
  else if (result.session.opened.count() > 0)
    metrics_.creation->Observe(seconds(result.session.opened));
  const auto now = steady_clock::now();
  const auto actions = machine_.on_result(id, report_of(result), node_->status.draining, now);
  // Before the answer, so that the actor that gets it sees this state.
  node_->status.database_reachable = machine_.reachable();
  perform(actions, now, &result);
}

void pool_state::on_session_down(const caf::down_msg& down) {
  const auto found = std::ranges::find_if(
      sessions_, [&](const auto& each) { return each.second.handle == down.source; });
  if (found == sessions_.end())
    return;
  const auto id = found->first;
  node_->actors.erase(found->second.name, down.source);
  sessions_.erase(found);
  const auto now = steady_clock::now();
  perform(machine_.on_session_ended(id, static_cast<bool>(down.reason),
                                    describe(self_->system(), down.reason), now),
          now);
}

void pool_state::perform(const pool_machine::actions& actions, time_point now,
                         const job_result* result) {
  const overloaded perform_one{
      [&](const pool_machine::answer_job& action) {
        answer(action, *result); // NOLINT: only after a report, which has a result
      },
      [&](const pool_machine::wake_up_at& action) {
        self_->delayed_send(self_, action.at - now, wake_up{});
      },
      [&](const auto& action) { perform(action); },
  };
  for (const auto& each : actions)
    std::visit(perform_one, each);
  show();
}

void pool_state::perform(const pool_machine::open_session& action) {
  auto handle = spawn_state<db_session_state, caf::detached>(self_->system(), node_);
  self_->monitor(handle);
  auto session_name = names::db_session(action.session);
  node_->actors.put(session_name, caf::actor_cast<caf::strong_actor_ptr>(handle));
  sessions_.emplace(action.session, session{std::move(handle), std::move(session_name)});
}

void pool_state::perform(const pool_machine::run_job& action) {
  self_->request(sessions_.at(action.session).handle, caf::infinite, jobs_.at(action.job).job)
      .then([this, id = action.session](const job_result& result) { on_result(id, result); },
            [this, id = action.session](const caf::error& error) {
              perform(machine_.on_session_failed(id, describe(self_->system(), error)),
                      steady_clock::now());
            });
}

void pool_state::perform(const pool_machine::refuse_job& action) {
  if (action.reason == pool_machine::refusal::queue_full) {
    if (const auto left_out = lines_.allow(line::refused, steady_clock::now()))
      log::pool().error("pool: a job is refused, because {} jobs wait for a session{}",
                        machine_.sample().waiting, log::left_out_note(*left_out));
    metrics_.rejected->Increment();
  } else if (action.reason == pool_machine::refusal::acquire_timeout)
    metrics_.timeouts->Increment();
  deliver(action.job, refused(action));
}

void pool_state::perform(const pool_machine::stop_session& action) {
  if (action.reason != pool_machine::stop_reason::unreachable)
    metrics_.replaced.of(action.reason == pool_machine::stop_reason::aged ? "aged" : "broken")
        .Increment();
  caf::anon_send(sessions_.at(action.session).handle, stop_request{});
}

void pool_state::perform(const pool_machine::report_crash& action) {
  metrics_.replaced.of("crashed").Increment();
  node_->metrics.actor(db_session_state::name).restarts->Increment();
  if (const auto left_out = lines_.allow(line::died, steady_clock::now()))
    log::pool().warn("pool: a database session died: {}{}", action.reason,
                     log::left_out_note(*left_out));
}

void pool_state::perform(const pool_machine::report_leak& action) {
  metrics_.leaks->Increment();
  const auto& job = jobs_.at(action.job);
  log::pool().error("pool: {} has held a session for {:.1f} s (job {}): possible leak",
                    job.borrower, seconds(action.held), db::name_of(*job.job.what));
}

void pool_state::perform(const pool_machine::report_return& action) {
  log::pool().warn("pool: {} returned its session after {:.1f} s", jobs_.at(action.job).borrower,
                   seconds(action.held));
}

void pool_state::perform(const pool_machine::stop_pool&) {
  self_->quit();
}

void pool_state::answer(const pool_machine::answer_job& action, const job_result& result) {
  if (action.begun) {
    metrics_.acquire->Observe(seconds(action.waited));
    metrics_.usage->Observe(seconds(action.held));
  }
  deliver(action.job, result);
}

void pool_state::deliver(job_id id, const job_result& result) {
  auto job = jobs_.extract(id);
  job.mapped().answer.deliver(result);
}

void pool_state::show() const {
  const auto now = machine_.sample();
  metrics_.connections->Set(static_cast<double>(now.total));
  metrics_.idle->Set(static_cast<double>(now.idle));
  metrics_.active->Set(static_cast<double>(now.active));
  metrics_.waiting->Set(static_cast<double>(now.waiting));
  show_channels(now.waiting, now.active);
}

// At each tick, not at each job: it is for jobs that take long.
void pool_state::show_work(time_point now) {
  if (machine_.reachable())
    unreachable_since_.reset();
  else if (!unreachable_since_)
    unreachable_since_ = now;
  pool_work out{.jobs = {},
                .waiting = machine_.sample().waiting,
                .unreachable_since = unreachable_since_,
                .last_refusal = machine_.last_refusal()};
  std::map<job_id, const pending_job*> waiting;
  for (const auto& [id, each] : jobs_)
    waiting.emplace(id, &each);
  const auto add = [&](std::string session, const pending_job& job, time_point since) {
    if (out.jobs.size() < max_shown_jobs)
      out.jobs.push_back(
          {std::move(session), std::string{db::name_of(*job.job.what)}, job.borrower, since});
  };
  for (const auto& each : machine_.sessions(now))
    if (each.job) {
      add(names::db_session(each.id), jobs_.at(*each.job), now - each.held);
      waiting.erase(*each.job);
    }
  for (const auto& [id, each] : waiting)
    add({}, *each, each->since);
  node_->pool.show(std::move(out));
}

void pool_state::show_channels(std::size_t waiting, std::size_t active) const {
  const auto now = steady_clock::now();
  if (queue_)
    queue_->set_depth(waiting, now);
  if (at_work_)
    at_work_->set_depth(active, now);
}

} // namespace prism
