#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace prism {

/// Text of a stranger's in a form that is fit for a line of a log: bytes that are not printable
/// ASCII, and backslashes, as \xNN; what is longer than `max_size` bytes ends with "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_size = 64);

} // namespace prism
