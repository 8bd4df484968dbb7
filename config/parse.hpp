#pragma once

#include "config/options.hpp"
#include "core/error.hpp"
#include "core/exit_code.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace prism::config {

/// What the command line asks for.
enum class action {
  run,     ///< start the node
  help,    ///< print `text` and exit with 0
  version, ///< the same
  dump     ///< the same
};

struct parse_result {
  options values;
  action what{action::run};
  /// What to print, unless the action is `run`.
  std::string text;
};

/// Exit codes of a program that cannot start.
inline constexpr int exit_usage = to_int(exit_code::usage);
inline constexpr int exit_config = to_int(exit_code::configuration);

/// Why there are no settings, and with which code to exit.
struct parse_failure {
  error why;
  int exit_code{exit_config};
};

/// The file that is read when it exists and no other is named.
inline constexpr std::string_view default_config_file = "/etc/prism/prismd.conf";

/// Puts the settings together: defaults, then the file, then the environment, then the command
/// line. An unknown name or a bad value in any of them, even one that a later source overrules, is
/// an error that says the name, the place and what is allowed. Reads no process state but that
/// file.
/// @param arguments without the program's name.
/// @param environment entries of the form NAME=VALUE.
[[nodiscard]] tl::expected<parse_result, parse_failure>
parse(std::span<const std::string_view> arguments, std::span<const std::string_view> environment,
      const std::filesystem::path& default_file = default_config_file);

/// The same for what `main` gets; `environment` ends with a null pointer and may be null.
[[nodiscard]] tl::expected<parse_result, parse_failure> parse(int argc, const char* const* argv,
                                                              const char* const* environment);

} // namespace prism::config
