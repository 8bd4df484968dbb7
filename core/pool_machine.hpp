#pragma once

#include "core/backoff.hpp"
#include "core/clock.hpp"
#include "core/pool_usage.hpp"
#include "core/reachability.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace prism {

/// Limits of a `pool_machine`.
struct pool_limits {
  std::size_t max_sessions{40};                ///< at least 1; sessions that are leaving count
  std::size_t max_waiting{1'000};              ///< jobs without a session; one more is refused
  std::chrono::milliseconds acquire_timeout{}; ///< longest wait for a session
  std::chrono::seconds session_max_age{0};     ///< 0: unlimited
  std::chrono::milliseconds leak_threshold{0}; ///< 0: leaks are not reported
};

/// The decisions of the database pool, as a plain value: events in, next actions out, to be carried
/// out in their order. The clock is passed in; jobs, sessions and connections are the caller's.
///
/// Jobs get sessions first come, first served. Sessions are opened when a job needs one, and the
/// one used last is used first. A database that refuses connections is tried again with growing
/// delays, by one session at a time; a job that met such a refusal was not begun, so it returns to
/// its place in the queue. Not thread-safe.
class pool_machine {
public:
  using job_id = std::uint64_t;     ///< chosen by the caller, increasing
  using session_id = std::uint64_t; ///< chosen by the machine, from 1

  enum class session_state {
    connecting,  ///< runs its first job, and may not be connected yet
    idle,        ///< connected, without a job
    checked_out, ///< connected, runs a job
    leaving,     ///< was asked to stop; gets no more jobs, and counts until it has ended
    crashed,     ///< its crash is reported; gets no more jobs, and counts until it has ended
  };
  enum class refusal {
    queue_full,      ///< `max_waiting` jobs wait already
    acquire_timeout, ///< no session became free within `acquire_timeout`
    session_died,    ///< the session died with the job; whether it was done is unknown
  };
  enum class stop_reason {
    aged,        ///< older than `session_max_age`
    broken,      ///< its connection was lost
    unreachable, ///< it could not connect
  };

  // -- actions ------------------------------------------------------------------------------------

  struct open_session {
    session_id session;
  };
  struct run_job {
    session_id session;
    job_id job;
  };
  /// Answer the job with the result that was passed to `on_result`.
  struct answer_job {
    job_id job;
    bool begun;                    ///< false: there was no connection
    steady_clock::duration waited; ///< for a session
    steady_clock::duration held;   ///< the session
  };
  struct refuse_job {
    job_id job;
    refusal reason;
    std::string detail; ///< may be empty
  };
  struct stop_session {
    session_id session;
    stop_reason reason;
  };
  /// Call `on_wake_up` at that time.
  struct wake_up_at {
    time_point at;
  };
  struct report_crash {
    session_id session;
    std::string reason;
  };
  /// The job has held its session for longer than `leak_threshold`. Once per job.
  struct report_leak {
    job_id job;
    steady_clock::duration held;
  };
  /// A job that was reported as a leak has returned its session.
  struct report_return {
    job_id job;
    steady_clock::duration held;
  };
  /// `on_stop` was called, and no job is left.
  struct stop_pool {};

  using action = std::variant<open_session, run_job, answer_job, refuse_job, stop_session,
                              wake_up_at, report_crash, report_leak, report_return, stop_pool>;
  using actions = std::vector<action>;

  // -- events -------------------------------------------------------------------------------------

  /// What a session reports with the result of a job.
  struct session_report {
    enum class connection {
      open,
      broken,      ///< lost, for good
      unreachable, ///< could not be made; the job was not begun
    };
    connection state{connection::open};
    bool newly_connected{false}; ///< this job made the connection
    // Only if unreachable:
    bool server_full{false}; ///< the server has no room for one more connection
    bool transient{false};   ///< a later attempt may succeed
    std::string error{};
  };

  /// Delays before a refused connection is tried again.
  static constexpr backoff_options reconnect{.min = std::chrono::milliseconds{100},
                                             .max = std::chrono::milliseconds{5'000}};
  /// Share of `session_max_age` by which sessions differ, so that they do not all end at once.
  static constexpr double age_variance = 0.1;

  /// @param seed of the random numbers for delays and ages.
  pool_machine(pool_limits limits, std::uint32_t seed) : limits_(limits), random_(seed) {}

  [[nodiscard]] actions on_job(job_id job, time_point now);
  /// @param draining the node stops: a job does not wait for a database that refuses connections.
  [[nodiscard]] actions on_result(session_id session, const session_report& report, bool draining,
                                  time_point now);
  /// The session's request ended with an error instead of a result.
  [[nodiscard]] actions on_session_failed(session_id session, const std::string& reason);
  /// The session is gone.
  [[nodiscard]] actions on_session_ended(session_id session, bool crashed,
                                         const std::string& reason, time_point now);
  /// Call it twice a second: reports leaks, expires waiting jobs, replaces old idle sessions.
  [[nodiscard]] actions on_tick(bool draining, time_point now);
  [[nodiscard]] actions on_wake_up(time_point now);
  /// Finish all jobs, then stop.
  [[nodiscard]] actions on_stop();

  // -- state --------------------------------------------------------------------------------------

  [[nodiscard]] pool_sample sample() const;
  [[nodiscard]] bool reachable() const noexcept { return reachable_.reachable(); }
  /// The error of the last refused connection; empty once a connection was made.
  [[nodiscard]] const std::string& last_refusal() const noexcept { return last_refusal_; }
  /// A session, for inspection.
  struct session_view {
    session_id id;
    session_state state;
    std::optional<job_id> job;     ///< that it runs
    steady_clock::duration held{}; ///< by the job, since it was handed over
  };
  /// All sessions, by id.
  [[nodiscard]] std::vector<session_view> sessions(time_point now) const;
  /// Empty: there is no such session.
  [[nodiscard]] std::optional<session_state> state_of(session_id session) const;

private:
  struct waiting_job {
    job_id id;
    time_point since;
  };
  struct session {
    session_state state{session_state::connecting};
    time_point replace_at{};
    // Only with a job, that is, while connecting or checked out:
    waiting_job job{};
    time_point checked_out_at{};
    bool leak_reported{false};

    [[nodiscard]] bool has_job() const noexcept {
      return state == session_state::connecting || state == session_state::checked_out;
    }
    [[nodiscard]] bool connected() const noexcept {
      return state == session_state::idle || state == session_state::checked_out;
    }
  };

  void assign(time_point now, actions& out);
  [[nodiscard]] bool may_open(time_point now) const;
  [[nodiscard]] session_id open(time_point now, actions& out);
  void connection_refused(waiting_job job, const session_report& report, bool draining,
                          time_point now, actions& out);
  void release_or_replace(session_id id, session& released, const session_report& report,
                          time_point now, actions& out);
  void connection_failed(bool server_full);
  static void retire(session_id id, session& retired, stop_reason reason, actions& out);
  static void note_crash(session_id id, session& dead, const std::string& reason, actions& out);
  void report_leaks(time_point now, actions& out);
  void expire_waiting(bool draining, time_point now, actions& out);
  void retire_aged(time_point now, actions& out);
  void stop_if_idle(actions& out) const;
  [[nodiscard]] std::size_t active() const;
  [[nodiscard]] double random01() { return std::uniform_real_distribution<>{0, 1}(random_); }

  pool_limits limits_;
  std::minstd_rand random_;
  std::map<session_id, session> sessions_;
  std::vector<session_id> idle_;    // the one used last at the end
  std::deque<waiting_job> waiting_; // by id
  backoff backoff_{reconnect};      // attempts: refusals since the last connection
  time_point connect_at_{};         // no new connection before
  std::string last_refusal_;
  reachability reachable_{};
  session_id opened_{0};
  bool stopping_{false};
};

/// The words of `prismctl pool`.
[[nodiscard]] std::string_view to_string(pool_machine::session_state state) noexcept;

} // namespace prism
