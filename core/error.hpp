#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace prism {

/// What kind of thing went wrong: enough for a caller to decide, and for a metric label.
enum class errc {
  invalid,   ///< input breaks a rule (syntax, schema, protocol)
  limit,     ///< input or queue is larger than its cap
  not_found, ///< the named thing does not exist
  io,        ///< network, file or process trouble
  timeout,   ///< a deadline passed
  closed,    ///< the peer or the owner has closed
  cancelled, ///< stopped on request
  transient, ///< would probably succeed if tried again
  fenced,    ///< another holder has a newer epoch
  fatal      ///< cannot be mended by trying again
};

/// The lower-case name used in logs and metric labels.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// A failure as a value: its kind, and a sentence saying what, where and what to do.
struct error {
  errc code{errc::fatal};
  std::string message;
};

/// Result type at every module border. Exceptions do not cross modules.
template <class T>
using expected = tl::expected<T, error>;

/// Builds the failure side of an `expected` from a format string.
template <class... Args>
[[nodiscard]] tl::unexpected<error> fail(errc code, fmt::format_string<Args...> format,
                                         Args&&... args) {
  return tl::unexpected<error>(error{code, fmt::format(format, std::forward<Args>(args)...)});
}

} // namespace prism
