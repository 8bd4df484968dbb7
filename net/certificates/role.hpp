#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prism::net {

/// What the holder of a certificate may do. The certificate says it: a subject alternative name
/// `urn:prism:role:NAME`.
enum class certificate_role : std::uint8_t {
  node,      ///< it is a node: clients of the tunnel trust it as the other end
  operating, ///< an operator: may look and act
  viewing    ///< a viewer: may look
};

/// "node", "operator" or "viewer".
[[nodiscard]] std::string_view to_string(certificate_role role) noexcept;

/// The inverse of `to_string`; empty for any other text.
[[nodiscard]] std::optional<certificate_role> parse_role(std::string_view name) noexcept;

/// What precedes the role's name in a certificate.
inline constexpr std::string_view role_uri_prefix = "urn:prism:role:";

/// The subject alternative name of a role.
[[nodiscard]] std::string role_uri(certificate_role role);

} // namespace prism::net
