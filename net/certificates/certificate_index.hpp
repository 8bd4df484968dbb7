#pragma once

#include "core/error.hpp"
#include "net/certificates/role.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net {

/// What an authority remembers of a certificate that it issued.
struct issued_certificate {
  std::string name;
  certificate_role role{certificate_role::viewing};
  /// Lower-case hexadecimal digits.
  std::string serial;
  std::chrono::sys_seconds valid_until{};
  std::optional<std::chrono::sys_seconds> revoked_at{};
  /// Names and addresses of a node.
  std::vector<std::string> hosts{};
};

/// The certificates in the order in which they were issued, as lines
/// "SERIAL ROLE VALID-UNTIL REVOKED-AT NAME HOST...", with seconds since 1970 and "-" for none.
[[nodiscard]] std::string write_index(const std::vector<issued_certificate>& all);

/// The inverse of `write_index`. Error: `errc::invalid` naming the line.
[[nodiscard]] expected<std::vector<issued_certificate>> parse_index(std::string_view text);

} // namespace prism::net
