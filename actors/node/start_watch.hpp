#pragma once

#include "actors/runtime/node_context.hpp"
#include "db/pg/conninfo.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace prism {

/// Keeps the start from waiting in the database unseen or for ever: /readyz names the step, the log
/// says what a long statement waits for, and a request to stop ends the wait. One thread.
class start_watch {
public:
  /// Statements that take longer are logged.
  static constexpr std::chrono::seconds first_report{3};
  static constexpr std::chrono::seconds further_reports{30};

  start_watch(node_context& node, std::function<bool()> stop_requested)
      : node_(node), stop_requested_(std::move(stop_requested)) {}
  ~start_watch() { node_.status.clear_problem(problem); }
  start_watch(const start_watch&) = delete;
  start_watch& operator=(const start_watch&) = delete;

  /// The start is `doing` something from now on.
  void step(std::string doing);

  [[nodiscard]] bool stop_requested() const { return stop_requested_(); }

  /// For `connect_options::gives_up`: whether the node is to stop. After a while it also asks the
  /// server, over a connection of its own, what the statement waits for.
  [[nodiscard]] bool gives_up(const db::server_wait& wait);

private:
  static constexpr const char* problem = "start";

  node_context& node_;
  std::function<bool()> stop_requested_;
  std::string doing_;
  std::chrono::milliseconds next_report_{first_report};
};

} // namespace prism
