#pragma once

#include "fault_proxy.hpp"

#include <string>
#include <string_view>

namespace prism::proxy {

/// What can be ordered in words, for the help text.
[[nodiscard]] std::string_view command_help() noexcept;

/// Carries one line of orders out and gives the answer: "ok", or the statistics. Error:
/// `errc::invalid` naming the line and what was expected; that of the order.
[[nodiscard]] expected<std::string> obey(fault_proxy& proxy, std::string_view line);

} // namespace prism::proxy
