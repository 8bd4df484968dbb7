#include "command.hpp"
#include "tools/common/command_line.hpp"

#include <cstdio>
#include <exception>
#include <iostream>

namespace {

using namespace prism;

constexpr int exit_failure = 1;
constexpr int exit_usage = 64;

constexpr const char* help =
    "Usage: prism-proxy --server=ADDRESS [--listen=ADDRESS:PORT]\n"
    "Stands between clients and PostgreSQL and harms their connections as ordered by lines\n"
    "on the standard input; ends with it. Prints \"listening on PORT\" first.\n\n{}\n";

int refuse(const error& why) {
  return tools::end_early("prism-proxy", why, exit_usage);
}

int run(int argc, char** argv) {
  proxy::proxy_options options;
  options.log = [](const std::string& line) { std::cerr << "prism-proxy: " + line + "\n"; };
  tools::option_table known;
  auto option = known.add_options();
  option("server", tools::text("ADDRESS", options.server), "/DIR/.s.PGSQL.PORT, or ADDRESS:PORT");
  option("listen", tools::read_by(net::parse_listen_address, "ADDRESS:PORT", options.listen),
         "default: a free port of 127.0.0.1");
  const auto read =
      tools::read_command_line(argc, argv, known, help + std::string{proxy::command_help()});
  if (!read)
    return refuse(read.error());
  if (options.server.empty())
    return refuse({errc::invalid, "--server is missing"});
  const auto running = proxy::fault_proxy::start(std::move(options));
  if (!running)
    return refuse(running.error());
  std::cout << "listening on " << (*running)->port() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto answer = proxy::obey(**running, line);
    std::cout << (answer ? *answer : "error: " + answer.error().message) << std::endl;
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "prism-proxy: %s\n", e.what());
    return exit_failure;
  }
}
