// The server of answering.hpp for programs in other languages: prints its port and the largest
// message it takes, in bytes, and then does what the lines of its standard input say, until its
// end:
//   release   answers the held calls
//   cancelled prints how many calls were cancelled
//   held      prints how many calls are held
//   drain MS  prints "drained" or "not drained"
#include "tests/unit/net/grpc/answering.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <iostream>

using namespace prism;
using namespace prism::net;

int main(int argc, char** argv) {
  grpc_server_options options;
  if (argc == 3) {
    options.certificate_file = argv[1];
    options.key_file = argv[2];
  }
  test::answering server;
  if (const auto started = server.start(options); !started) {
    fmt::print(stderr, "grpc_node: {}\n", started.error().message);
    return 1;
  }
  fmt::print("{} {}\n", server.it->port(), options.max_message_bytes);
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line == "release") {
      server.release();
    } else if (line == "cancelled") {
      fmt::print("{}\n", server.cancelled().size());
    } else if (line == "held") {
      fmt::print("{}\n", server.held());
    } else if (line.starts_with("drain ")) {
      const std::chrono::milliseconds limit{std::stol(line.substr(6))};
      fmt::print("{}\n", server.it->drain(limit) ? "drained" : "not drained");
    }
    std::fflush(stdout);
  }
  return 0;
}
