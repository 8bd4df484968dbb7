#pragma once

#include "config/options.hpp"

#include <string>
#include <string_view>

namespace prism::config {

/// The text of `--help`: each option with its meaning, allowed values, default and environment
/// variables.
[[nodiscard]] std::string help_text();

/// The text of `--version`.
[[nodiscard]] std::string version_text();

/// All of `values` as a configuration file, each with its help text. Passwords are masked; all
/// other values read back unchanged. config/prismd.conf is the dump of the defaults.
[[nodiscard]] std::string dump(const options& values);

/// `text` with every password replaced by ***: in the user part or query of a URL, or in a libpq
/// `password=` pair.
[[nodiscard]] std::string mask_passwords(std::string_view text);

} // namespace prism::config
