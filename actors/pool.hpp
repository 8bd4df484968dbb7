#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/pool_machine.hpp"
#include "core/rate_limited.hpp"
#include "db/jobs/jobs.hpp"
#include "messages/interfaces.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace prism {

/// Hands jobs to database sessions, first come, first served. What it decides, and when, is
/// core/pool_machine; here are the messages, the promises of answers, the session actors and the
/// metrics. Its limits are the options `db-pool-size`, `db-max-waiting`, `db-acquire-timeout-ms`,
/// `db-session-max-age-s` and `db-leak-threshold-ms`.
class pool_state {
public:
  using interface = pool_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pool";

  pool_state(self_pointer self, node_ptr node);
  /// Stops the sessions and answers all jobs, however the pool ends: CAF does not answer requests
  /// that were received.
  ~pool_state();
  pool_state(const pool_state&) = delete;
  pool_state& operator=(const pool_state&) = delete;

  interface::behavior_type make_behavior();
  [[nodiscard]] actor_status status() const;

private:
  using promise = caf::typed_response_promise<job_result>;
  using job_id = pool_machine::job_id;
  using session_id = pool_machine::session_id;
  struct pending_job {
    run_job job;
    promise answer;
    std::string borrower; // the actor that sent it, for the log
    time_point since;     // it was sent
  };
  struct session {
    db_session_actor handle;
    std::string name; // in the directory
  };

  [[nodiscard]] caf::result<job_result> accept(const run_job& job);
  void on_result(session_id id, const job_result& result);
  void on_session_down(const caf::down_msg& down);

  /// @param result that `answer_job` hands on.
  void perform(const pool_machine::actions& actions, time_point now,
               const job_result* result = nullptr);
  void perform(const pool_machine::open_session& action);
  void perform(const pool_machine::run_job& action);
  void perform(const pool_machine::refuse_job& action);
  void perform(const pool_machine::stop_session& action);
  void perform(const pool_machine::report_crash& action);
  void perform(const pool_machine::report_leak& action);
  void perform(const pool_machine::report_return& action);
  void perform(const pool_machine::stop_pool& action);
  void answer(const pool_machine::answer_job& action, const job_result& result);
  /// Removes the job and delivers its answer.
  void deliver(job_id id, const job_result& result);
  void show() const;
  void show_work(time_point now);
  void show_channels(std::size_t waiting, std::size_t active) const;

  self_pointer self_;
  node_ptr node_;
  const metrics::database_metrics& metrics_;
  std::shared_ptr<metrics::bounded_channel> queue_;   // of waiting jobs
  std::shared_ptr<metrics::bounded_channel> at_work_; // jobs at sessions
  pool_machine machine_;
  // A database that is away, or slow, can cause these lines.
  enum class line : std::uint8_t { refused, died };
  rate_limited<line> lines_{std::chrono::seconds{10}, 2};
  std::map<job_id, pending_job> jobs_;     // waiting or at a session
  std::map<session_id, session> sessions_; // until they have ended
  job_id last_job_{0};
  std::optional<time_point> unreachable_since_;
};

} // namespace prism
