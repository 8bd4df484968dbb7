#pragma once

#include <string>
#include <string_view>

namespace prism::config {

/// The manual page prismd(8), as roff: every request and option with default, allowed values and
/// environment, from the table of options.
[[nodiscard]] std::string manual_page();

/// Completion of prismd's arguments for bash: names of requests and options, and the values of
/// those that have only a few.
[[nodiscard]] std::string bash_completion();

/// A manual page around a program's own help text, which is shown as it is.
/// @param name    of the program
/// @param section of the manual, a digit
/// @param summary what it does, one line
[[nodiscard]] std::string manual_page_of_help(std::string_view name, std::string_view section,
                                              std::string_view summary, std::string_view help);

} // namespace prism::config
