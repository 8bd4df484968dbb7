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

/// What runs, and how often by the options: without other orders sessions hourly, OAuth states
/// every six hours, operations parked for too long every minute, history and audits every ten
/// minutes.
[[nodiscard]] std::vector<janitor_task> janitor_tasks(const config::options& options);

/// Keeps the database tidy behind the events: one job at a time, each a series of small batches
/// through the pool (db/upkeep/upkeep.hpp), so it never takes more than one session. A job that
/// fails is counted and logged, comes again at its next time, and stops no other. An audit goes on
/// where its last run ended. Works only while the node is the writer: a fenced one does nothing
/// more.
class janitor_state {
public:
  using interface = periodic_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "janitor";

  /// A run that is not finished by then goes on the next time.
  static constexpr std::chrono::seconds longest_run{20};

  janitor_state(self_pointer self, node_ptr node, std::vector<janitor_task> tasks);

  interface::behavior_type make_behavior();

private:
  struct job {
    janitor_task what;
    metrics::job_metrics metrics;
    db::upkeep_position position{};
    std::uint64_t rows{0}; // of the run at work
    std::uint64_t failures{0};
    std::string last_error{};
  };

  void check_schedule();
  void batch(job& which);
  void batch_done(job& which, const db::upkeep_report& report);
  void publish_report(job& which, const db::upkeep_report& report);
  void end_run(job& which, const std::string& problem);
  [[nodiscard]] double random();

  self_pointer self_;
  node_ptr node_;
  std::vector<job> jobs_;
  schedule schedule_;
  job* running_{nullptr};
  time_point started_{};
  bool fenced_{false};
  bool stopping_{false};
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace prism
