#pragma once

#include "fault_proxy.hpp"

#include <string>
#include <string_view>

namespace prism::proxy {

/// The commands, for the help text.
[[nodiscard]] std::string_view command_help() noexcept;

/// Executes one command line. @returns "ok" or the statistics. Errors: `errc::invalid` naming the
/// line and the expected form; the error of the command.
[[nodiscard]] expected<std::string> obey(fault_proxy& proxy, std::string_view line);

} // namespace prism::proxy
