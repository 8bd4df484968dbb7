#pragma once

#include "tools/prismctl/command_line.hpp"

namespace prism::prismctl {

/// Runs a command on all its nodes, one after the other, and prints what they answer.
/// @returns the exit code of prismctl
[[nodiscard]] int run(const command_line& line);

} // namespace prism::prismctl
