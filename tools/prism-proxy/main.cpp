#include "command.hpp"

#include <cstdio>
#include <exception>
#include <getopt.h>
#include <iostream>

namespace {

using namespace prism;

constexpr int exit_failure = 1;
constexpr int exit_usage = 64;

std::string help_text() {
  return "Usage: prism-proxy --server=ADDRESS [--listen=ADDRESS:PORT]\n"
         "Stands between clients and PostgreSQL and harms their connections as ordered by lines\n"
         "on the standard input; ends with it.\n\n"
         "  --server=ADDRESS  /DIR/.s.PGSQL.PORT, or ADDRESS:PORT\n"
         "  --listen=...      default: a free port of 127.0.0.1\n"
         "  --help            this text\n\n"
         "Prints \"listening on PORT\" first.\n\n" +
         std::string{proxy::command_help()};
}

int refuse(const std::string& why) {
  std::cerr << "prism-proxy: " << why << "\nTry 'prism-proxy --help'.\n";
  return exit_usage;
}

int run(int argc, char** argv) {
  proxy::proxy_options options;
  options.log = [](const std::string& line) { std::cerr << "prism-proxy: " + line + "\n"; };
  const option known[]{{"server", required_argument, nullptr, 's'},
                       {"listen", required_argument, nullptr, 'l'},
                       {"help", no_argument, nullptr, 'h'},
                       {}};
  for (int found; (found = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    if (found == 'h') {
      std::cout << help_text();
      return 0;
    }
    if (found == 's') {
      options.server = optarg;
    } else if (found == 'l') {
      const auto parsed = net::parse_listen_address(optarg);
      if (!parsed)
        return refuse("--listen: " + parsed.error().message);
      options.listen = *parsed;
    } else {
      return exit_usage;
    }
  }
  if (optind < argc)
    return refuse(std::string{"'"} + argv[optind] + "' is not an option");
  if (options.server.empty())
    return refuse("--server is missing");
  const auto running = proxy::fault_proxy::start(std::move(options));
  if (!running)
    return refuse(running.error().message);
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
