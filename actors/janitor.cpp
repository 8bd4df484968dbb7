#include "actors/janitor.hpp"

#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/tell_pending_ops.hpp"
#include "core/wall_clock.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace prism {

namespace {

using task = db::upkeep_task;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds poll_interval{100};

/// Findings of one batch that are logged with a line each.
constexpr std::size_t max_lines = 10;

[[nodiscard]] janitor_task every(task what, std::chrono::milliseconds interval,
                                 std::chrono::milliseconds first, std::int64_t rows) {
  // A short interval also shortens the wait for the first run.
  return {what,
          {.name = std::string{to_string(what)},
           .interval = interval,
           .first = std::min(first, interval)},
          rows};
}

[[nodiscard]] std::string_view title(task what) {
  constexpr std::array<std::string_view, db::upkeep_tasks> titles{"Expired session cleanup",
                                                                  "OAuth state cleanup",
                                                                  "Pending operation cleanup",
                                                                  "History cleanup",
                                                                  "Refused record cleanup",
                                                                  "Orphan audit",
                                                                  "Count audit"};
  return titles[static_cast<std::size_t>(what)];
}

[[nodiscard]] schedule make_schedule(const std::vector<janitor_task>& tasks) {
  std::vector<scheduled_job> jobs;
  jobs.reserve(tasks.size());
  for (const auto& each : tasks)
    jobs.push_back(each.when);
  auto created = schedule::make(std::move(jobs));
  if (!created)
    throw std::logic_error("janitor: " + created.error().message);
  return std::move(*created);
}

} // namespace

std::vector<janitor_task> janitor_tasks(const config::options& options) {
  const auto audits = options.audit_interval;
  return {every(task::sessions, options.session_sweep_interval, 1min, 1'000),
          every(task::oauth_states, options.oauth_sweep_interval, 2min, 1'000),
          every(task::pending_ops, options.pending_sweep_interval, 30s, 1'000),
          every(task::history, audits, 3min, 2'000),
          every(task::refused_records, audits, 4min, 5'000),
          every(task::orphans, audits, 5min, 5'000),
          every(task::counts, audits, 7min, 200)};
}

janitor_state::janitor_state(self_pointer self, node_ptr node, std::vector<janitor_task> tasks)
    : self_(self), node_(std::move(node)), schedule_(make_schedule(tasks)) {
  for (auto& each : tasks) {
    const auto metrics = node_->metrics.job(each.when.name);
    jobs_.push_back({.what = std::move(each), .metrics = metrics});
  }
}

janitor_actor::behavior_type janitor_state::make_behavior() {
  schedule_.start(steady_clock::now(), [this] { return random(); });
  self_->delayed_send(self_, poll_interval, tick{});
  return {[this](const tick&) { on_tick(); }, [this](const run_task& order) { run_soon(order); },
          [this](const stop_request&) { on_stop(); },
          [this](const get_status&) { return status(); }};
}

void janitor_state::on_tick() {
  self_->delayed_send(self_, poll_interval, tick{});
  check_schedule();
}

void janitor_state::run_soon(const run_task& order) {
  if (running_ != nullptr && running_->what.when.name == order.name)
    log::janitor().warn("janitor: job {} runs already", order.name);
  else if (!schedule_.set_due(order.name, steady_clock::now()))
    log::janitor().warn("janitor: there is no job {}", order.name);
  check_schedule();
}

void janitor_state::on_stop() {
  stopping_ = true;
  if (running_ == nullptr)
    self_->quit();
}

actor_status janitor_state::status() const {
  boost::json::array jobs;
  const auto now = steady_clock::now();
  for (const auto& job : jobs_) {
    const bool running = running_ == &job;
    const auto next = schedule_.next_of(job.what.when.name);
    jobs.push_back(
        {{"job", job.what.when.name},
         {"running", running},
         {"interval_seconds", std::chrono::duration<double>(job.what.when.interval).count()},
         {"due_in_seconds",
          next ? std::max(0.0, std::chrono::duration<double>(*next - now).count()) : 0.0},
         {"rows", job.metrics.rows->Value()},
         {"failures", job.failures},
         {"last_error", job.last_error}});
  }
  return {name,
          {{"running", running_ ? running_->what.when.name : "none"},
           {"fenced", fenced_},
           {"jobs", std::move(jobs)}}};
}

// -- one run ---------------------------------------------------------------------------------

void janitor_state::check_schedule() {
  if (running_ != nullptr || fenced_ || stopping_)
    return;
  const auto now = steady_clock::now();
  const auto due = schedule_.take_due(now);
  if (!due)
    return;
  const auto found =
      std::ranges::find_if(jobs_, [&](const job& each) { return each.what.when.name == *due; });
  running_ = &*found;
  running_->rows = 0;
  started_ = now;
  running_->metrics.runs->Increment();
  run_batch(*running_);
}

void janitor_state::run_batch(job& job) {
  db::upkeep_job request{.task = job.what.task,
                         .service = node_->service,
                         .node = node_->cluster.self(),
                         .epoch = node_->cluster.epoch(),
                         .limit = job.what.batch_rows,
                         .from = job.position};
  if (request.task == task::pending_ops)
    request.keep = node_->options.pending_ttl;
  else if (request.task == task::history)
    request.keep = node_->options.history_keep;
  ask_database(
      self_, *node_, std::move(request),
      [this, &job](const db::upkeep_report& report) { on_batch_done(job, report); },
      [this, &job](const job_failure& failure) {
        if (failure.why.sqlstate == db::fenced_state)
          on_fenced(job, failure.why);
        else
          end_run(job, db::describe(failure.why));
      });
}

// Another node has the lease, or this one is dead or leads under a new epoch: that is nobody's
// fault. What the table says now decides whether this actor is stopped or started again.
void janitor_state::on_fenced(job& job, const db::db_error& why) {
  fenced_ = true;
  log::janitor().warn(
      "[BackgroundJobs] {} stopped, because this node does not lead any more: {}; the "
      "janitor of the node that leads goes on",
      title(job.what.task), why.message);
  if (const auto cluster = node_->actors.find(names::cluster))
    self_->send(cluster, read_cluster{});
  leave_run(job);
}

void janitor_state::on_batch_done(job& job, const db::upkeep_report& report) {
  job.position = report.next;
  job.rows += report.rows;
  job.metrics.rows->Increment(static_cast<double>(report.rows));
  if (report.left)
    node_->metrics.refused_records().Set(static_cast<double>(*report.left));
  log_findings(job, report);
  report_expired(report);
  if (report.more && !stopping_ && steady_clock::now() - started_ < longest_run)
    return run_batch(job);
  end_run(job, {});
}

// A finding is a defect of ours, or damage from outside: it is never repaired without a line.
void janitor_state::log_findings(const job& job, const db::upkeep_report& report) {
  std::size_t lines = 0;
  for (const auto& finding : report.findings) {
    node_->metrics.audit_findings().of(finding.table).Increment();
    if (++lines <= max_lines)
      log::janitor().error("[BackgroundJobs] {}: {} {}: {}; repaired", title(job.what.task),
                           finding.table, finding.id, finding.text);
  }
  if (lines > max_lines)
    log::janitor().error("[BackgroundJobs] {}: {} more such rows, repaired", title(job.what.task),
                         lines - max_lines);
}

void janitor_state::report_expired(const db::upkeep_report& report) {
  if (report.forgotten.empty())
    return;
  node_->metrics.pending().events.of("expired").Increment(static_cast<double>(report.rows));
  tell_pending_ops(self_, node_, "janitor_to_pending_ops", report.forgotten);
}

void janitor_state::end_run(job& job, const std::string& problem) {
  const auto now = steady_clock::now();
  const std::chrono::duration<double> took = now - started_;
  job.metrics.last_duration->Set(took.count());
  job.metrics.last_run->Set(seconds_since_1970());
  job.last_error = problem;
  if (!problem.empty()) {
    ++job.failures;
    job.metrics.failures->Increment();
    log::janitor().error("[BackgroundJobs] {} failed: {}", title(job.what.task), problem);
  } else
    log::janitor().log(job.rows > 0 || job.what.when.interval >= 1h ? log::level::info
                                                                    : log::level::debug,
                       "[BackgroundJobs] {} completed", title(job.what.task));
  leave_run(job);
}

void janitor_state::leave_run(const job& job) {
  running_ = nullptr;
  const auto noted = schedule_.finished(job.what.when.name, steady_clock::now(), random());
  if (!noted)
    log::janitor().error("janitor: {}", noted.error().message);
  if (stopping_)
    self_->quit();
}

double janitor_state::random() {
  return std::uniform_real_distribution<>{0, 1}(random_);
}

} // namespace prism
