#pragma once

#include "tools/prismctl/command_line.hpp"
#include "tools/prismctl/node_link.hpp"

namespace prism::prismctl {

/// Writes the answers of all views that need no argument into one new file, as JSON: for a report
/// of a defect. What cannot be had is written as its error.
/// @returns the exit code of prismctl
[[nodiscard]] int dump(node_link& link, const command_line& line);

} // namespace prism::prismctl
