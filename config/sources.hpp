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

/// A longer file is refused (`errc::limit`): it is not a configuration.
inline constexpr std::size_t max_file_bytes = std::size_t{1} << 20U;

/// Reads `NAME = VALUE` lines in CAF's own syntax (0.17: text in double quotes, comments after
/// `;`). Each line stands alone, so that every error can name it; sections, lists and a name given
/// twice are refused. Errors: `errc::invalid` naming file and line, `errc::io` if it cannot be
/// read.
[[nodiscard]] expected<std::vector<setting>> read_file(const std::filesystem::path& path);

/// The same for a text; `origin` stands for the file's name.
[[nodiscard]] expected<std::vector<setting>> read_file_text(std::string_view text,
                                                            std::string_view origin);

/// What the environment says: aliases first, so that PRISM_* wins over them.
struct environment_settings {
  std::vector<setting> settings;
  /// Value of PRISM_CONFIG_FILE.
  std::optional<std::string> config_file;
};

/// Picks our variables out of `NAME=VALUE` entries. Error `errc::invalid`: a PRISM_* name that is
/// no setting, which is most likely a typing error that would otherwise be silently without effect.
[[nodiscard]] expected<environment_settings>
read_environment(std::span<const std::string_view> environment);

/// What the command line says.
struct command_line {
  std::vector<setting> settings;
  std::optional<std::string> config_file;
  bool help{false};
  bool version{false};
  bool dump{false};
};

/// Takes `--NAME=VALUE` arguments apart (`arguments` without the program's name); of a name given
/// twice the last counts. Error `errc::invalid`, naming the argument.
[[nodiscard]] expected<command_line> read_command_line(std::span<const std::string_view> arguments);

} // namespace prism::config
