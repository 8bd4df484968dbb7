#pragma once

#include "core/error.hpp"
#include "tools/replay/replay_server.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace prism::replay {

/// The command line of prism-replay.
struct options {
  /// --help was given; the other members are then unspecified.
  bool help{false};
  /// Path of the corpus without its ending .frames.zst.
  std::string base;
  /// Shuffle with this seed.
  /// The whole corpus twice in a row.
  bool twice{false};
  /// Exit after one client has received everything and closed.
  bool once{false};
  /// Where to write the port; "" for nowhere.
  std::string port_file;
  /// Settings of the server; the callbacks are empty.
  net::replay_options server;
};

/// The text of --help.
[[nodiscard]] std::string help_text();

/// Reads the command line. Error: `errc::invalid` naming the option.
[[nodiscard]] expected<options> parse_options(int argc, char** argv);

} // namespace prism::replay
