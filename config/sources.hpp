#pragma once

#include "config/setting.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::config {

/// A longer file is rejected (`errc::limit`).
inline constexpr std::size_t max_file_bytes = std::size_t{1} << 20U;

/// Reads `NAME = VALUE` lines in CAF's syntax (0.17: text in double quotes, comments after `;`).
/// Each line is parsed on its own, so that every error can name it; sections, lists and a name set
/// twice are rejected. Errors: `errc::invalid` naming file and line; `errc::io` if the file cannot
/// be read.
[[nodiscard]] expected<std::vector<setting>> read_file(const std::filesystem::path& path);

/// The same for a text; `origin` is the file's name in messages.
[[nodiscard]] expected<std::vector<setting>> read_file_text(std::string_view text,
                                                            std::string_view origin);

/// The settings of the environment: aliases first, so that PRISM_* overrides them.
struct environment_settings {
  std::vector<setting> settings;
  /// Value of PRISM_CONFIG_FILE.
  std::optional<std::string> config_file;
};

/// Selects our variables from `NAME=VALUE` entries. Error `errc::invalid`: a PRISM_* name that is
/// no option, since a typing error would otherwise have no visible effect.
[[nodiscard]] expected<environment_settings>
read_environment(std::span<const std::string_view> environment);

/// The settings and requests of the command line.
struct command_line {
  std::vector<setting> settings;
  std::optional<std::string> config_file;
  bool help{false};
  bool version{false};
  bool dump{false};
  bool print_statements{false};
  bool begin_new_stream{false};
};

/// Parses `--NAME=VALUE` arguments (`arguments` without the program's name); if a name is given
/// twice, the last one applies. Error `errc::invalid`, naming the argument.
[[nodiscard]] expected<command_line> read_command_line(std::span<const std::string_view> arguments);

} // namespace prism::config
