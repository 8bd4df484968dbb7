#include "actors/node/node.hpp"
#include "config/parse.hpp"
#include "core/crash_point.hpp"
#include "tools/prismd/logging.hpp"

#include <csignal>
#include <cstdio>
#include <spdlog/spdlog.h>
#include <unistd.h>

// prismd: follows one firehose and indexes it until it is told to stop.

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

int run(const prism::config::parse_result& parsed) {
  const auto& options = parsed.values;
  handle_signals();
  if (const auto plan = prism::parse_crash_point(options.crash_point))
    prism::arm(*plan);
  prism::tools::set_up_logging(options);
  for (const auto& warning : parsed.warnings)
    spdlog::warn("{}", warning);
  auto node = prism::node::start(options, [] { return stop_signal != 0; });
  if (!node) {
    if (node.error().code == prism::errc::cancelled) {
      spdlog::info("{}", node.error().message);
      return 0;
    }
    spdlog::critical("{}", node.error().message);
    return 69; // EX_UNAVAILABLE
  }
  int exit_code = 0;
  for (;;) {
    if (const auto exit_request = (*node)->context().status.wait(signal_poll)) {
      exit_code = exit_request->exit_code;
      spdlog::log(exit_code == 0 ? spdlog::level::info : spdlog::level::critical, "stopping: {}",
                  exit_request->reason);
      break;
    }
    if (stop_signal != 0) {
      spdlog::info("stopping: signal {}", static_cast<int>(stop_signal));
      break;
    }
  }
  const bool drained = (*node)->stop();
  spdlog::info("stopped");
  return exit_code != 0 ? exit_code : drained ? 0 : 75; // EX_TEMPFAIL
}

} // namespace

int main(int argc, char** argv) {
  const auto parsed = prism::config::parse(argc, argv, environ);
  if (!parsed) {
    std::fprintf(stderr, "prismd: %s\n", parsed.error().why.message.c_str());
    return parsed.error().exit_code;
  }
  if (parsed->what != prism::config::action::run) {
    std::fputs(parsed->text.c_str(), stdout);
    return 0;
  }
  return run(*parsed);
}
