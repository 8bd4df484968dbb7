#pragma once

#include <chrono>
#include <iosfwd>
#include <span>
#include <string_view>

namespace prism::prismctl {

/// `prismctl tls init|issue|revoke|list`: the certificates of the tunnel (net/certificates).
/// @param arguments the words after `tls`.
/// @returns the exit code: 0 done, 1 failed, 2 the command line is wrong.
[[nodiscard]] int tls_command(std::span<const std::string_view> arguments);

/// The same with its output, errors and clock passed in.
[[nodiscard]] int tls_command(std::span<const std::string_view> arguments, std::ostream& output,
                              std::ostream& errors, std::chrono::sys_seconds now);

} // namespace prism::prismctl
