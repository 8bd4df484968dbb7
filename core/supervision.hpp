#pragma once

#include "core/backoff.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// When a child that has exited is restarted. The node's children are all permanent.
enum class restart_type {
  permanent, ///< always
  transient, ///< only after an abnormal exit
  temporary  ///< never
};

/// Which other children are restarted together with one that has to be. The node has one_for_one.
enum class restart_strategy {
  one_for_one, ///< none
  one_for_all, ///< all
  rest_for_one ///< those started after it, which may depend on it
};

/// One child, in the order of starting.
struct child_spec {
  std::string name; ///< unique within its supervisor
  restart_type restart{restart_type::permanent};
  /// Runs only while `supervision::arrange` says so, and not from the start.
  bool on_demand{false};
};

struct supervision_options {
  restart_strategy strategy{restart_strategy::one_for_one};
  /// More restarts than this within `period` and the supervisor gives up (restart intensity).
  std::size_t max_restarts{10};
  /// Must be positive. The backoff of a child that ran this long starts anew.
  std::chrono::milliseconds period{60'000};
  /// Delay before each restart of one child.
  backoff_options backoff{.min = std::chrono::milliseconds{100},
                          .max = std::chrono::milliseconds{30'000}};
};

/// How a child exited.
enum class exit_kind { normal, abnormal };

enum class child_state {
  idle,     ///< not started yet, or stopped as planned
  running,  ///< started, and has not exited since
  stopping, ///< requested to stop, still alive
  waiting,  ///< down, will be restarted
  finished  ///< down, will not be restarted
};

/// The lower-case name for status output.
[[nodiscard]] std::string_view to_string(child_state state) noexcept;

/// The state of one child, for inspection.
struct child_status {
  child_spec spec;
  child_state state{child_state::idle};
  std::uint64_t restarts{0};
  std::string last_error{}; ///< reason of its last abnormal exit, empty if none
  time_point started_at{};  ///< of the last start, if any
  time_point restart_at{};  ///< earliest next start, in state `waiting`
  /// Of a child on demand: the version that is to run; empty: none.
  std::optional<std::string> wanted{};
  std::string version{}; ///< of a child on demand: which one was started last
};

/// What the owner of a `supervision` must do. Actions are in order.
struct supervision_action {
  enum class kind {
    start,    ///< start child `name` now
    stop,     ///< request child `name` to stop, then report its exit; one child at a time
    wake,     ///< call `timer_fired` at `at`, or soon after; replaces an earlier `wake`
    escalate, ///< all children are down; give up with the reason `text`
    done      ///< all children are down, as requested
  };
  kind what{kind::done};
  std::string name{};
  time_point at{};
  std::string text{};

  friend bool operator==(const supervision_action&, const supervision_action&) = default;
};

/// The decisions of an OTP-like supervisor, without actors, timers or random sources. Each input
/// returns the actions it causes; the owner carries them out and reports what happens next.
///
/// Children are started in the order of their specs and stopped one by one in reverse. Unlike in
/// OTP, a restart waits for the child's exponential backoff. Not thread-safe.
class supervision {
public:
  using actions = std::vector<supervision_action>;

  /// Error `errc::invalid`: an empty or repeated name, or an option out of range.
  [[nodiscard]] static expected<supervision> make(supervision_options options,
                                                  std::vector<child_spec> children);

  /// Starts all children. Must be called first; further calls do nothing.
  [[nodiscard]] actions start(time_point now);

  /// Child `name` has exited, or could not be started.
  /// @param reason text of the failure, kept as its last error if `kind` is abnormal.
  /// @param random01 uniform in [0, 1], for the jitter of a restart.
  /// Error `errc::not_found` for an unknown name, `errc::invalid` for a child that is not alive.
  [[nodiscard]] expected<actions> child_exited(std::string_view name, exit_kind kind,
                                               std::string_view reason, time_point now,
                                               double random01);

  /// Which children on demand are to run, each with its version: starts those that do not, stops
  /// those that are not named, and stops and starts again those that run in another version. A
  /// version is any text; it is the owner's business what it means. Only with one_for_one.
  [[nodiscard]] actions arrange(const std::map<std::string, std::string>& wanted, time_point now);

  /// The time of a `wake` has come. Calls that are early or superfluous do no harm.
  [[nodiscard]] actions timer_fired(time_point now);

  /// Stops all children, last first; ends in `done`. Further calls do nothing.
  [[nodiscard]] actions stop_requested();

  /// All children, in starting order.
  [[nodiscard]] std::span<const child_status> children() const noexcept { return children_; }

  /// Restarts of all children since the start.
  [[nodiscard]] std::uint64_t restarts() const noexcept;

  /// Whether `done` or `escalate` was returned.
  [[nodiscard]] bool ended() const noexcept { return phase_ == phase::ended; }

private:
  enum class phase { not_started, running, stopping, ended };

  supervision(supervision_options options, std::vector<child_spec> children);

  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view name) const noexcept;
  [[nodiscard]] bool too_many_restarts(time_point now);
  [[nodiscard]] bool alive_from(std::size_t first) const noexcept;
  [[nodiscard]] std::optional<time_point> next_start() const noexcept;

  void arrange_one(child_status& child, const std::string* version, actions& out);
  void handle_own_exit(std::size_t index, exit_kind kind, time_point now, double random01);
  void plan_restart(std::size_t failed, time_point now, double random01);
  void wait_until_group_starts(child_status& child) const;
  void begin_stop();
  void proceed(time_point now, actions& out);
  void stop_last_from(std::size_t first, actions& out);
  void end_when_all_down(actions& out);
  void start_due(time_point now, actions& out);
  void start_child(std::size_t index, time_point now, actions& out);

  supervision_options options_;
  std::vector<child_status> children_;
  std::vector<backoff> backoffs_;    // beside children_
  std::deque<time_point> recent_;    // restarts within the period
  std::optional<std::size_t> group_; // first child of the group being restarted together
  time_point group_at_{};            // earliest start of that group
  std::optional<time_point> announced_wake_;
  std::optional<std::string> escalation_;
  phase phase_{phase::not_started};
};

} // namespace prism
