#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace prism {

/// What the C library says of an error number. Any thread, unlike std::strerror.
[[nodiscard]] inline std::string errno_text(int number = errno) {
  return std::generic_category().message(number);
}

} // namespace prism
