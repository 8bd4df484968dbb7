#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace prism {

/// The kind of a failure, for decisions of the caller and for metric labels.
enum class errc {
  invalid,   ///< the input violates a rule (syntax, schema, protocol)
  limit,     ///< the input or a queue exceeds its limit
  not_found, ///< the named object does not exist
  io,        ///< failure of network, file or process
  timeout,   ///< a deadline has passed
  closed,    ///< the peer or the owner has closed
  cancelled, ///< stopped on request
  transient, ///< a retry will probably succeed
  fatal      ///< a retry cannot succeed
};

/// The lower-case name used in logs and metric labels.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// A failure as a value: its kind, and a sentence that says what happened, where, and what to do.
struct error {
  errc code{errc::fatal};
  std::string message;
};

/// Result type of every module's interface. Exceptions do not cross modules.
template <class T>
using expected = tl::expected<T, error>;

/// Makes the failure of an `expected` from a format string.
template <class... Args>
[[nodiscard]] tl::unexpected<error> fail(errc code, fmt::format_string<Args...> format,
                                         Args&&... args) {
  return tl::unexpected<error>(error{code, fmt::format(format, std::forward<Args>(args)...)});
}

} // namespace prism
