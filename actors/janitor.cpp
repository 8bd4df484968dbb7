#include "actors/janitor.hpp"

#include "actors/runtime/ask_database.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace prism {

namespace {

using task = db::upkeep_task;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds poll_interval{100};

/// Findings of one batch that get a line each.
constexpr std::size_t max_lines = 10;

[[nodiscard]] janitor_task every(task what, std::chrono::milliseconds interval,
                                 std::chrono::milliseconds first, std::int64_t rows) {
  // Not later than a short interval asks for.
  return {what,
          {.name = std::string{to_string(what)},
           .interval = interval,
           .first = std::min(first, interval)},
          rows};
}

[[nodiscard]] std::string_view title(task what) {
  constexpr std::array<std::string_view, db::upkeep_tasks> titles{
      "Expired session cleanup", "OAuth state cleanup", "Pending operation cleanup",
      "History cleanup",         "Orphan audit",        "Count audit"};
  return titles[static_cast<std::size_t>(what)];
}

[[nodiscard]] schedule make_schedule(const std::vector<janitor_task>& tasks) {
  std::vector<scheduled_job> jobs;
  for (const auto& each : tasks)
    jobs.push_back(each.when);
  auto made = schedule::make(std::move(jobs));
  if (!made)
    throw std::logic_error("janitor: " + made.error().message);
  return std::move(*made);
}

} // namespace

std::vector<janitor_task> janitor_tasks(const config::options& options) {
  const auto audits = options.audit_interval;
  return {every(task::sessions, options.session_sweep_interval, 1min, 1'000),
          every(task::oauth_states, options.oauth_sweep_interval, 2min, 1'000),
          every(task::pending_ops, options.pending_sweep_interval, 30s, 1'000),
          every(task::history, audits, 3min, 2'000),
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

periodic_actor::behavior_type janitor_state::make_behavior() {
  schedule_.start(steady_clock::now(), [this] { return random(); });
  self_->delayed_send(self_, poll_interval, tick{});
  return {[this](const tick&) {
            self_->delayed_send(self_, poll_interval, tick{});
            check_schedule();
          },
          [this](const stop_request&) {
            stopping_ = true;
            if (running_ == nullptr)
              self_->quit();
          },
          [this](const get_status&) -> actor_status {
            actor_status out{name, {{"running", running_ ? running_->what.when.name : "none"}}};
            for (const auto& each : jobs_)
              out.fields.emplace_back(each.what.when.name,
                                      fmt::format("rows={} failures={} {}",
                                                  each.metrics.rows->Value(), each.failures,
                                                  each.last_error));
            return out;
          }};
}

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
  batch(*running_);
}

void janitor_state::batch(job& which) {
  db::upkeep_job what{.task = which.what.task,
                      .service = node_->service,
                      .epoch = node_->epoch,
                      .limit = which.what.batch_rows,
                      .from = which.position};
  if (what.task == task::pending_ops)
    what.keep = node_->options.pending_ttl;
  else if (what.task == task::history)
    what.keep = node_->options.history_keep;
  ask_database(
      self_, *node_, std::move(what),
      [this, &which](const db::upkeep_report& report) { batch_done(which, report); },
      [this, &which](const job_failure& failure) {
        fenced_ = failure.why.sqlstate == db::fenced_state;
        end_run(which, db::describe(failure.why));
      });
}

void janitor_state::batch_done(job& which, const db::upkeep_report& report) {
  which.position = report.next;
  which.rows += report.rows;
  which.metrics.rows->Increment(static_cast<double>(report.rows));
  publish_report(which, report);
  if (report.more && !stopping_ && steady_clock::now() - started_ < longest_run)
    return batch(which);
  end_run(which, {});
}

// What was found is a defect of ours, or damage: never mended in silence.
void janitor_state::publish_report(job& which, const db::upkeep_report& report) {
  std::size_t lines = 0;
  for (const auto& each : report.findings) {
    node_->metrics.audit_findings().of(each.table).Increment();
    if (++lines <= max_lines)
      spdlog::error("[BackgroundJobs] {}: {} {}: {}; mended", title(which.what.task), each.table,
                    each.id, each.text);
  }
  if (lines > max_lines)
    spdlog::error("[BackgroundJobs] {}: {} more such rows, mended", title(which.what.task),
                  lines - max_lines);
  if (report.forgotten.empty())
    return;
  node_->metrics.pending().events.of("expired").Increment(static_cast<double>(report.rows));
  if (const auto pending = node_->actors.find(names::pending_ops))
    self_
        ->request(pending, std::chrono::seconds{10},
                  pending_changed{
                      std::make_shared<const std::vector<db::pending_change>>(report.forgotten)})
        .then([](const pending_noted&) {}, [](const caf::error&) {});
}

void janitor_state::end_run(job& which, const std::string& problem) {
  const auto now = steady_clock::now();
  const std::chrono::duration<double> took = now - started_;
  which.metrics.last_duration->Set(took.count());
  which.metrics.last_run->Set(
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
  which.last_error = problem;
  if (!problem.empty()) {
    ++which.failures;
    which.metrics.failures->Increment();
    spdlog::error("[BackgroundJobs] {} failed: {}", title(which.what.task), problem);
  } else
    spdlog::log(which.rows > 0 || which.what.when.interval >= 1h ? spdlog::level::info
                                                                 : spdlog::level::debug,
                "[BackgroundJobs] {} completed", title(which.what.task));
  running_ = nullptr;
  if (const auto noted = schedule_.finished(which.what.when.name, now, random()); !noted)
    spdlog::error("janitor: {}", noted.error().message);
  if (stopping_)
    self_->quit();
}

double janitor_state::random() {
  return std::uniform_real_distribution<>{0, 1}(random_);
}

} // namespace prism
