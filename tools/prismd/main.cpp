#include "actors/node/node.hpp"
#include "actors/node/start_errors.hpp"
#include "config/parse.hpp"
#include "core/crash_point.hpp"
#include "core/exit_code.hpp"
#include "tools/prismd/logging.hpp"
#include "tools/prismd/print_statements.hpp"

#include <csignal>
#include <cstdio>
#include <spdlog/spdlog.h>
#include <unistd.h>

// prismd: follows one firehose and indexes it until SIGTERM or SIGINT. Exit codes:
// core/exit_code.hpp.

namespace {

volatile std::sig_atomic_t stop_signal = 0;

void on_signal(int number) {
  stop_signal = number;
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

constexpr std::chrono::milliseconds signal_poll{100};

/// Waits for a signal or a request of the node to end. @returns the code to exit with.
prism::exit_code wait_for_end(prism::node& node) {
  for (;;) {
    if (const auto request = node.context().status.wait(signal_poll)) {
      const bool good = request->code == prism::exit_code::success;
      spdlog::log(good ? spdlog::level::info : spdlog::level::critical, "stopping: {}",
                  request->reason);
      return request->code;
    }
    if (stop_signal != 0) {
      spdlog::info("stopping: signal {}", static_cast<int>(stop_signal));
      return prism::exit_code::success;
    }
  }
}

/// The exit code of a start that failed, whose error it logs.
prism::exit_code failed_start(const prism::error& why) {
  const auto code = prism::exit_code_of(why.code);
  const bool good = code == prism::exit_code::success;
  spdlog::log(good ? spdlog::level::info : spdlog::level::critical, "{}", why.message);
  return code;
}

prism::exit_code run(const prism::config::parse_result& parsed) {
  const auto& options = parsed.values;
  handle_signals();
  if (const auto plan = prism::parse_crash_point(options.crash_point))
    prism::arm(*plan);
  prism::tools::set_up_logging(options);
  for (const auto& warning : parsed.warnings)
    spdlog::warn("{}", warning);
  const auto stop_requested = [] { return stop_signal != 0; };
  if (parsed.what == prism::config::action::begin_new_stream) {
    const auto done = prism::node::begin_new_stream(options, stop_requested);
    return done ? prism::exit_code::success : failed_start(done.error());
  }
  auto node = prism::node::start(options, stop_requested);
  if (!node)
    return failed_start(node.error());
  const auto requested = wait_for_end(**node);
  const bool drained = (*node)->stop();
  spdlog::info("stopped");
  if (requested != prism::exit_code::success || drained)
    return requested;
  return prism::exit_code::drain_timeout;
}

} // namespace

int main(int argc, char** argv) {
  const auto parsed = prism::config::parse(argc, argv, environ);
  if (!parsed) {
    std::fprintf(stderr, "prismd: %s\n", parsed.error().why.message.c_str());
    return parsed.error().exit_code;
  }
  if (parsed->what != prism::config::action::run &&
      parsed->what != prism::config::action::begin_new_stream) {
    const bool statements = parsed->what == prism::config::action::print_statements;
    std::fputs((statements ? prism::tools::statements_text() : parsed->text).c_str(), stdout);
    return prism::to_int(prism::exit_code::success);
  }
  return prism::to_int(run(*parsed));
}
