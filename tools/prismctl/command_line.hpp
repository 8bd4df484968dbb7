#pragma once

#include "core/error.hpp"
#include "tools/prismctl/commands.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace prism::prismctl {

/// A node as named with --node.
struct node_address {
  std::string host;
  std::uint16_t port{9465};
};

/// What was typed.
struct command_line {
  enum class what { run, help, version, tls };
  what wanted{what::run};
  const command_form* form{nullptr}; ///< null: help of everything, or of `group`
  std::string group;                 ///< help of the commands that begin with this word
  boost::json::object arguments;
  std::vector<node_address> nodes;
  std::string certificate_file;
  std::string key_file;
  std::string authority_file;
  std::string expected_name;
  std::string cluster;
  bool json{false};
  std::chrono::milliseconds timeout{5'000};
  std::vector<std::string> rest; ///< of `tls`
};

/// Error `errc::invalid`, a sentence for the user.
/// @param directory of the default files
[[nodiscard]] expected<command_line> parse_command_line(int argc, char** argv,
                                                        const std::string& directory);

/// Error `errc::invalid`.
[[nodiscard]] expected<node_address> parse_node(std::string_view text);

} // namespace prism::prismctl
