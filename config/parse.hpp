#pragma once

#include "config/options.hpp"
#include "core/error.hpp"
#include "core/exit_code.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace prism::config {

/// What the command line requests.
enum class action {
  run,              ///< start the node
  help,             ///< print `text` and exit with 0
  version,          ///< the same
  dump,             ///< the same
  print_statements, ///< print the SQL statements and exit with 0; `text` is empty
  begin_new_stream  ///< forget where the relay was read up to, and exit
};

struct parse_result {
  options values{};
  action what{action::run};
  /// What to print, if the action prints options.
  std::string text{};
  /// Lines for the log: options that have no effect.
  std::vector<std::string> warnings{};
};

/// Exit codes of a program that cannot start.
inline constexpr int exit_usage = to_int(exit_code::usage);
inline constexpr int exit_config = to_int(exit_code::configuration);

/// Why the options are invalid, and the exit code.
struct parse_failure {
  error why;
  int exit_code{exit_config};
};

/// The file that is read if it exists and no other is named.
inline constexpr std::string_view default_config_file = "/etc/prism/prismd.conf";

/// Merges the options: defaults, then file, then environment, then command line; later ones take
/// precedence. An unknown name or an invalid value in any source, even if a later source overrides
/// it, is an error that says the name, the place and what is allowed. A retired name has no effect
/// and gives one warning. Reads nothing but that file.
/// @param arguments   without the program's name
/// @param environment entries of the form NAME=VALUE
[[nodiscard]] tl::expected<parse_result, parse_failure>
parse(std::span<const std::string_view> arguments, std::span<const std::string_view> environment,
      const std::filesystem::path& default_file = default_config_file);

/// The same for the arguments of `main`; `environment` ends with a null pointer and may be null.
[[nodiscard]] tl::expected<parse_result, parse_failure> parse(int argc, const char* const* argv,
                                                              const char* const* environment);

} // namespace prism::config
