#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/backoff.hpp"
#include "core/reachability.hpp"
#include "db/jobs/jobs.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace prism {

/// Hands jobs to database sessions: first come, first served; at most `db-pool-size` sessions,
/// opened when they are needed; a bounded queue of waiters (`db-max-waiting`), each with a limit to
/// its patience (`db-acquire-timeout-ms`).
///
/// A session whose connection is lost, or that is older than `db-session-max-age-s`, is replaced. A
/// database that refuses connections is asked again with growing pauses, by one session at a time,
/// and the job goes back to its place in the queue: nothing of it was begun. The pool says whether
/// the database is reachable (core/reachability): one session alone cannot know. A job that keeps
/// its session for longer than `db-leak-threshold-ms` is named in the log, with who sent it.
class pool_state {
public:
  using interface = pool_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pool";

  /// Pauses before a refused connection is tried again.
  static constexpr backoff_options reconnect{.min = std::chrono::milliseconds{100},
                                             .max = std::chrono::milliseconds{5'000}};

  pool_state(self_pointer self, node_ptr node);
  /// However the pool ends, its sessions end with it, and all who wait are told: CAF says nothing
  /// to those whose request was received but not answered.
  ~pool_state();
  pool_state(const pool_state&) = delete;
  pool_state& operator=(const pool_state&) = delete;

  interface::behavior_type make_behavior();

private:
  using promise = caf::typed_response_promise<job_result>;
  struct waiter {
    run_job job;
    promise answer;
    time_point since;
    std::string borrower; // who sent it, for the log
  };
  struct session {
    db_session_actor handle;
    std::string name;                    // in the directory
    std::optional<waiter> job_at_work{}; // at work for it
    time_point checked_out_at{};
    bool leak_logged{false};
    bool connected{false};
    bool leaving{false}; // asked to stop, gets no more work
    bool crashed{false}; // and counted
    time_point replace_at{};
  };

  void enqueue(waiter next);
  void assign();
  [[nodiscard]] bool may_open(time_point now) const;
  [[nodiscard]] caf::actor_addr open(time_point now);
  void start(const caf::actor_addr& who, waiter next, time_point now);
  void finished(const caf::actor_addr& who, const job_result& done);
  void unreachable(waiter job, const job_result& done, time_point now);
  void release_or_replace(const caf::actor_addr& who, session& which, const job_result& done,
                          time_point now);
  void note_failure(bool server_full);
  void retire(session& which, const char* reason);
  void note_crash(session& which, const std::string& why);
  void session_failed(const caf::actor_addr& who, const std::string& why);
  void session_down(const caf::down_msg& down);
  void sweep();
  void find_leaks(time_point now);
  void expire_waiters(time_point now);
  void stop_if_idle();
  [[nodiscard]] std::size_t busy() const;
  [[nodiscard]] pool_sample sample() const;
  void show() const;

  self_pointer self_;
  node_ptr node_;
  const metrics::database_metrics& metrics_;
  std::map<caf::actor_addr, session> sessions_;
  std::vector<caf::actor_addr> idle_; // the one used last at the end
  std::deque<waiter> waiting_;        // in the order of `since`
  backoff backoff_{reconnect};        // attempts: refusals since the last connection
  time_point connect_at_{};           // no new connection before
  std::string refusal_;               // text of the last one
  reachability reachable_{};
  std::uint64_t opened_{0}; // sessions ever, for their names
  std::minstd_rand random_{std::random_device{}()};
  bool stopping_{false};
};

} // namespace prism
