#pragma once

#include "actors/runtime/ask_database.hpp"
#include "actors/runtime/node_context.hpp"
#include "core/schedule.hpp"
#include "messages/interfaces.hpp"

#include <array>
#include <optional>
#include <random>
#include <vector>

namespace prism {

/// One background job and when it runs.
struct janitor_task {
  db::upkeep_task task{db::upkeep_task::sessions};
  scheduled_job when;
  std::int64_t batch_rows{1'000};
};

/// All jobs, at the intervals of the options. Defaults: expired sessions hourly, OAuth states every
/// six hours, expired parked operations every minute, history, refused
/// records and audits every ten minutes.
[[nodiscard]] std::vector<janitor_task> janitor_tasks(const config::options& options);

/// Runs the upkeep jobs, one at a time, each as a series of small batches through the pool
/// (db/upkeep/upkeep.hpp), so it uses at most one session. A job that fails is counted and logged,
/// runs again at its next time, and stops no other. An audit continues where its last run ended.
/// Once the node is fenced, which is no failure, no job runs any more.
class janitor_state {
public:
  using interface = janitor_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "janitor";

  /// A run that has taken this long ends after its batch and continues at its next time.
  static constexpr std::chrono::seconds longest_run{20};

  janitor_state(self_pointer self, node_ptr node, std::vector<janitor_task> tasks);

  interface::behavior_type make_behavior();

private:
  struct job {
    janitor_task what;
    metrics::job_metrics metrics;
    db::upkeep_position position{};
    std::uint64_t rows{0}; // of the current run
    std::uint64_t failures{0};
    std::string last_error{};
  };

  void on_tick();
  void run_soon(const run_task& order);
  void on_stop();
  [[nodiscard]] actor_status status() const;

  void check_schedule();
  void run_batch(job& job);
  void on_fenced(job& job, const db::db_error& why);
  void on_batch_done(job& job, const db::upkeep_report& report);
  void log_findings(const job& job, const db::upkeep_report& report);
  void report_expired(const db::upkeep_report& report);
  void end_run(job& job, const std::string& problem);
  void leave_run(const job& job);
  [[nodiscard]] double random();

  self_pointer self_;
  node_ptr node_;
  std::vector<job> jobs_;
  schedule schedule_;
  job* running_{nullptr}; // in `jobs_`
  time_point started_{};  // of the current run
  bool fenced_{false};
  bool stopping_{false};
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace prism
