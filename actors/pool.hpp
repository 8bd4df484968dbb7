#pragma once

#include "actors/node_context.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <deque>
#include <map>

namespace prism {

/// Hands jobs to database sessions: first come, first served; at most `db-pool-size` sessions,
/// opened when they are needed; a bounded queue of waiters, each with a limit to its patience. A
/// session that dies fails its job as transient and is replaced by the next one needed.
class pool_state {
public:
  using interface = pool_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pool";

  /// Jobs that may wait for a session; more are refused as transient (SQLSTATE 53300).
  static constexpr std::size_t max_waiting = 1024;
  /// How long a job may wait for a session.
  static constexpr std::chrono::seconds acquire_timeout{30};

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
    std::chrono::steady_clock::time_point since;
  };

  void submit(waiter next);
  void assign();
  void start(const db_session_actor& session, waiter next);
  void answer(const caf::actor_addr& session, const job_result& done);
  void release(const caf::actor_addr& session);
  void session_down(const caf::down_msg& down);
  void expire_waiters();
  void stop_if_idle();
  void show() const;

  self_pointer self_;
  node_ptr node_;
  std::map<caf::actor_addr, db_session_actor> sessions_;
  std::deque<db_session_actor> idle_;
  std::deque<waiter> waiting_;
  std::map<caf::actor_addr, promise> at_work_; // by session
  bool stopping_{false};
};

} // namespace prism
