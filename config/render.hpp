#pragma once

#include "config/options.hpp"

#include <string>
#include <string_view>

namespace prism::config {

/// The text of `--help`: each setting with its meaning, allowed values, default and environment
/// variables.
[[nodiscard]] std::string help_text();

/// The text of `--version`.
[[nodiscard]] std::string version_text();

/// All of `values` in the form of a configuration file, each with its explanation. Passwords are
/// masked, all else reads back as it was. Of the defaults, it is config/prismd.conf.
[[nodiscard]] std::string dump(const options& values);

/// `text` with every password in it as ***: in the user part or query of a URL, or as a libpq
/// `password=` pair.
[[nodiscard]] std::string mask_passwords(std::string_view text);

} // namespace prism::config
