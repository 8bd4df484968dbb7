#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace prism {

/// Untrusted text as printable ASCII, for logs and error messages: other bytes and backslashes
/// become \xNN, and "..." replaces everything after `max_size` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_size = 64);

} // namespace prism
