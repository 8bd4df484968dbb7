#include "actors/node/node.hpp"
#include "actors/node/node_summary.hpp"
#include "actors/node/start_errors.hpp"
#include "config/parse.hpp"
#include "core/crash_point.hpp"
#include "core/exit_code.hpp"
#include "log/log.hpp"
#include "log/output.hpp"
#include "tools/prismd/logging.hpp"
#include "tools/prismd/memory_fit.hpp"
#include "tools/prismd/print_statements.hpp"
#include "tools/prismd/service_manager.hpp"

#include <csignal>
#include <cstdio>
#include <unistd.h>

// prismd: follows one firehose and indexes it until SIGTERM or SIGINT. Exit codes:
// core/exit_code.hpp. SIGUSR1 and SIGHUP are answered in the log.

namespace {

volatile std::sig_atomic_t stop_signal = 0;
volatile std::sig_atomic_t summary_wanted = 0; // SIGUSR1
volatile std::sig_atomic_t reload_wanted = 0;  // SIGHUP

void on_signal(int number) {
  if (number == SIGUSR1)
    summary_wanted = 1;
  else if (number == SIGHUP)
    reload_wanted = 1;
  else
    stop_signal = number;
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

constexpr std::chrono::milliseconds signal_poll{100};

/// Answers the signals that do not end the process, and ends changes of log levels whose time has
/// come. @param running null during the start.
void answer_signals(prism::node* running) {
  prism::log::end_due_levels(prism::steady_clock::now());
  if (reload_wanted != 0) {
    reload_wanted = 0;
    prism::log::prismd().warn(
        "SIGHUP: nothing to reload; settings are read at the start only, and the log goes "
        "to the standard error: restart prismd to apply changed settings");
  }
  if (summary_wanted == 0)
    return;
  summary_wanted = 0;
  if (running == nullptr) {
    prism::log::prismd().info("state: starting, waiting for the database");
    return;
  }
  for (const auto& line : prism::summary_of(*running))
    prism::log::prismd().info("state: {}", line);
}

/// The exit code of a start that failed, whose error it logs.
prism::exit_code failed_start(const prism::error& why) {
  const auto code = prism::exit_code_of(why.code);
  const bool good = code == prism::exit_code::success;
  prism::log::prismd().log(good ? prism::log::level::info : prism::log::level::critical, "{}",
                           why.message);
  return code;
}

/// Waits for a signal or a request of the node to end. @returns the code to exit with.
prism::exit_code wait_for_end(prism::node& node, prism::tools::service_manager& manager) {
  const auto stop_requested = [&manager] {
    answer_signals(nullptr);
    manager.beginning_again(prism::steady_clock::now());
    return stop_signal != 0;
  };
  for (;;) {
    answer_signals(&node);
    const auto now = prism::steady_clock::now();
    manager.alive(node.last_sign_of_life(now));
    manager.status(now, [&node] { return prism::status_line(node); });
    if (const auto request = node.context().status.wait(signal_poll)) {
      const bool good = request->code == prism::exit_code::success;
      prism::log::prismd().log(good ? prism::log::level::info : prism::log::level::critical,
                               "stopping: {}", request->reason);
      return request->code;
    }
    if (const auto reason = node.context().status.take_begin_again())
      if (auto begun = node.begin_again(*reason, stop_requested); !begun)
        return failed_start(begun.error());
    if (stop_signal != 0) {
      prism::log::prismd().info("stopping: signal {}", static_cast<int>(stop_signal));
      return prism::exit_code::success;
    }
  }
}

prism::exit_code run(const prism::config::parse_result& parsed) {
  auto options = parsed.values;
  handle_signals();
  if (const auto plan = prism::parse_crash_point(options.crash_point))
    prism::arm(*plan);
  prism::tools::set_up_logging(options);
  for (const auto& warning : parsed.warnings)
    prism::log::prismd().warn("{}", warning);
  if (const auto memory = prism::tools::find_memory_limit())
    if (const auto line = prism::tools::fit_window(options, *memory))
      prism::log::prismd().warn("{}", *line);
  prism::tools::service_manager manager;
  const auto stop_requested = [&manager] {
    answer_signals(nullptr);
    manager.starting(prism::steady_clock::now());
    return stop_signal != 0;
  };
  if (parsed.what == prism::config::action::begin_new_stream) {
    const auto done = prism::node::begin_new_stream(options, stop_requested);
    return done ? prism::exit_code::success : failed_start(done.error());
  }
  auto node = prism::node::start(options, stop_requested);
  if (!node)
    return failed_start(node.error());
  manager.ready();
  const auto requested = wait_for_end(**node, manager);
  manager.stopping(options.drain_timeout);
  const bool drained = (*node)->stop();
  prism::log::prismd().info("stopped");
  if (requested != prism::exit_code::success || drained)
    return requested;
  return prism::exit_code::drain_timeout;
}

} // namespace

int main(int argc, char** argv) {
  prism::tools::open_standard_descriptors();
  const auto parsed = prism::config::parse(argc, argv, environ);
  if (!parsed) {
    prism::tools::print_error("prismd: " + parsed.error().why.message + "\n");
    return parsed.error().exit_code;
  }
  if (parsed->what != prism::config::action::run &&
      parsed->what != prism::config::action::begin_new_stream) {
    const bool statements = parsed->what == prism::config::action::print_statements;
    std::fputs((statements ? prism::tools::statements_text() : parsed->text).c_str(), stdout);
    return prism::to_int(prism::exit_code::success);
  }
  const auto code = run(*parsed);
  prism::tools::finish_logging();
  return prism::to_int(code);
}
