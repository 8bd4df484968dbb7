#pragma once

#include "core/error.hpp"
#include "tools/replay/replay_server.hpp"

#include <string>

namespace prism::replay {

/// The command line of prism-replay.
struct options {
  /// Path of the corpus without its ending .frames.zst.
  std::string base;
  /// The whole corpus twice in a row.
  bool twice{false};
  /// Exit after one client has received everything and closed.
  bool once{false};
  /// Where to write the port; "" for nowhere.
  std::string port_file;
  /// Settings of the server; the callbacks are empty.
  net::replay_options server;
};

/// Reads the command line. Errors: those of `tools::read_command_line`.
[[nodiscard]] expected<options> parse_options(int argc, const char* const* argv);

} // namespace prism::replay
