#pragma once

#include <cstdint>
#include <string_view>

namespace prism::net {

/// The status codes of gRPC that Prism answers with (gRPC documentation, "Status codes and their
/// use in gRPC"); the numbers are those of the trailer `grpc-status`.
enum class grpc_status : std::uint8_t {
  ok = 0,
  cancelled = 1,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  resource_exhausted = 8,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
};

/// The name in lower case, for logs and metric labels.
[[nodiscard]] std::string_view to_string(grpc_status status) noexcept;

} // namespace prism::net
