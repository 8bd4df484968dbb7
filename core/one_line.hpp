#pragma once

#include <string>
#include <string_view>

namespace prism {

/// The lines of a message in one, joined by "; ", without white space at their ends and without
/// empty ones.
/// @param left_out lines that begin with it are left out; empty: none
[[nodiscard]] std::string one_line(std::string_view text, std::string_view left_out = {});

} // namespace prism
