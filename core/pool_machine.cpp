#include "core/pool_machine.hpp"

#include <algorithm>

namespace prism {

using connection = pool_machine::session_report::connection;

pool_machine::actions pool_machine::on_job(job_id job, time_point now) {
  actions out;
  if (waiting_.size() >= limits_.max_waiting) {
    out.emplace_back(refuse_job{job, refusal::queue_full, {}});
    return out;
  }
  waiting_.push_back({job, now});
  assign(now, out);
  return out;
}

pool_machine::actions pool_machine::on_result(session_id session, const session_report& report,
                                              bool draining, time_point now) {
  actions out;
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || !found->second.has_job())
    return out;
  auto& used = found->second;
  const auto job = used.job;
  const auto held = now - used.checked_out_at;
  if (used.leak_reported)
    out.emplace_back(report_return{job.id, held});
  if (report.state == connection::unreachable) {
    retire(session, used, stop_reason::unreachable, out);
    connection_refused(job, report, draining, now, out);
  } else {
    release_or_replace(session, used, report, now, out);
    out.emplace_back(answer_job{job.id, true, used.checked_out_at - job.since, held});
  }
  assign(now, out);
  stop_if_idle(out);
  return out;
}

// The job was not begun, so it keeps its turn, if a later attempt may succeed.
void pool_machine::connection_refused(waiting_job job, const session_report& report, bool draining,
                                      time_point now, actions& out) {
  connection_failed(report.server_full);
  last_refusal_ = report.error;
  const auto retry_at = now + backoff_.next(random01());
  connect_at_ = std::max(connect_at_, retry_at);
  out.emplace_back(wake_up_at{retry_at});
  if (!report.transient || stopping_ || draining || now - job.since >= limits_.acquire_timeout) {
    out.emplace_back(answer_job{job.id, false, {}, {}});
    return;
  }
  const auto place =
      std::ranges::find_if(waiting_, [&](const waiting_job& each) { return each.id > job.id; });
  waiting_.insert(place, job);
}

void pool_machine::release_or_replace(session_id id, session& released,
                                      const session_report& report, time_point now, actions& out) {
  if (report.newly_connected) {
    backoff_.reset();
    connect_at_ = now;
    last_refusal_.clear();
  }
  if (report.state == connection::broken) {
    retire(id, released, stop_reason::broken, out);
    connection_failed(false);
    return;
  }
  reachable_.answered();
  if (now >= released.replace_at) {
    retire(id, released, stop_reason::aged, out);
    return;
  }
  released.state = session_state::idle;
  idle_.push_back(id);
}

pool_machine::actions pool_machine::on_session_failed(session_id session,
                                                      const std::string& reason) {
  actions out;
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || !found->second.has_job())
    return out;
  const auto job = found->second.job;
  note_crash(session, found->second, reason, out);
  out.emplace_back(refuse_job{job.id, refusal::session_died, reason});
  stop_if_idle(out);
  return out;
}

// The error of the request and the end of the session arrive in either order.
pool_machine::actions pool_machine::on_session_ended(session_id session, bool crashed,
                                                     const std::string& reason, time_point now) {
  auto out = on_session_failed(session, reason);
  if (const auto found = sessions_.find(session); found != sessions_.end()) {
    if (crashed)
      note_crash(session, found->second, reason, out);
    sessions_.erase(found);
  }
  std::erase(idle_, session);
  assign(now, out);
  stop_if_idle(out);
  return out;
}

pool_machine::actions pool_machine::on_tick(bool draining, time_point now) {
  actions out;
  report_leaks(now, out);
  expire_waiting(draining, now, out);
  retire_aged(now, out);
  assign(now, out);
  stop_if_idle(out);
  return out;
}

pool_machine::actions pool_machine::on_wake_up(time_point now) {
  actions out;
  assign(now, out);
  return out;
}

pool_machine::actions pool_machine::on_stop() {
  actions out;
  stopping_ = true;
  stop_if_idle(out);
  return out;
}

void pool_machine::assign(time_point now, actions& out) {
  while (!waiting_.empty()) {
    session_id id = 0;
    if (!idle_.empty()) {
      // The caches of the session used last are warm.
      id = idle_.back();
      idle_.pop_back();
      sessions_.at(id).state = session_state::checked_out;
    } else if (may_open(now))
      id = open(now, out);
    else
      break;
    auto& assigned = sessions_.at(id);
    assigned.job = waiting_.front();
    waiting_.pop_front();
    assigned.checked_out_at = now;
    assigned.leak_reported = false;
    out.emplace_back(run_job{id, assigned.job.id});
  }
}

bool pool_machine::may_open(time_point now) const {
  if (sessions_.size() >= limits_.max_sessions || now < connect_at_)
    return false;
  // After a refusal one session at a time tries to connect.
  return backoff_.attempts() == 0 || std::ranges::none_of(sessions_, [](const auto& each) {
           return each.second.state == session_state::connecting;
         });
}

pool_machine::session_id pool_machine::open(time_point now, actions& out) {
  const auto age =
      std::chrono::duration<double>(limits_.session_max_age) * (1 - age_variance * random01());
  const auto id = ++opened_;
  sessions_[id].replace_at = limits_.session_max_age.count() == 0
                                 ? time_point::max()
                                 : now + std::chrono::duration_cast<steady_clock::duration>(age);
  out.emplace_back(open_session{id});
  return id;
}

void pool_machine::connection_failed(bool server_full) {
  const auto connected =
      std::ranges::count_if(sessions_, [](const auto& each) { return each.second.connected(); });
  reachable_.failed(static_cast<std::size_t>(connected), server_full);
}

// The session counts until it has ended, so there are never more connections than allowed.
void pool_machine::retire(session_id id, session& retired, stop_reason reason, actions& out) {
  retired.state = session_state::leaving;
  out.emplace_back(stop_session{id, reason});
}

void pool_machine::note_crash(session_id id, session& dead, const std::string& reason,
                              actions& out) {
  if (dead.state == session_state::crashed)
    return;
  dead.state = session_state::crashed;
  out.emplace_back(report_crash{id, reason});
}

void pool_machine::report_leaks(time_point now, actions& out) {
  if (limits_.leak_threshold.count() == 0)
    return;
  for (auto& [id, each] : sessions_) {
    const auto held = now - each.checked_out_at;
    if (!each.has_job() || each.leak_reported || held < limits_.leak_threshold)
      continue;
    each.leak_reported = true;
    out.emplace_back(report_leak{each.job.id, held});
  }
}

void pool_machine::expire_waiting(bool draining, time_point now, actions& out) {
  // A node that stops does not wait for a database that refuses connections.
  const bool expire_all = backoff_.attempts() > 0 && (stopping_ || draining);
  while (!waiting_.empty() &&
         (expire_all || now - waiting_.front().since >= limits_.acquire_timeout)) {
    out.emplace_back(refuse_job{waiting_.front().id, refusal::acquire_timeout, last_refusal_});
    waiting_.pop_front();
  }
}

void pool_machine::retire_aged(time_point now, actions& out) {
  std::erase_if(idle_, [&](session_id id) {
    auto& each = sessions_.at(id);
    if (now < each.replace_at)
      return false;
    retire(id, each, stop_reason::aged, out);
    return true;
  });
}

void pool_machine::stop_if_idle(actions& out) const {
  if (stopping_ && waiting_.empty() && active() == 0)
    out.emplace_back(stop_pool{});
}

std::size_t pool_machine::active() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(sessions_, [](const auto& each) { return each.second.has_job(); }));
}

pool_sample pool_machine::sample() const {
  const auto with_job = active();
  return {.active = with_job,
          .idle = idle_.size(),
          .waiting = waiting_.size(),
          .total = with_job + idle_.size()};
}

std::string_view to_string(pool_machine::session_state state) noexcept {
  using enum pool_machine::session_state;
  switch (state) {
  case connecting:
    return "connecting";
  case idle:
    return "idle";
  case checked_out:
    return "checked out";
  case leaving:
    return "leaving";
  case crashed:
    return "crashed";
  }
  return "unknown";
}

std::vector<pool_machine::session_view> pool_machine::sessions(time_point now) const {
  std::vector<session_view> out;
  for (const auto& [id, each] : sessions_) {
    session_view seen{.id = id, .state = each.state, .job = std::nullopt};
    if (each.has_job()) {
      seen.job = each.job.id;
      seen.held = now - each.checked_out_at;
    }
    out.push_back(seen);
  }
  return out;
}

std::optional<pool_machine::session_state> pool_machine::state_of(session_id session) const {
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? std::nullopt : std::optional{found->second.state};
}

} // namespace prism
