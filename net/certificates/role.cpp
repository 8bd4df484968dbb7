#include "net/certificates/role.hpp"

namespace prism::net {

std::string_view to_string(certificate_role role) noexcept {
  switch (role) {
  case certificate_role::node:
    return "node";
  case certificate_role::operating:
    return "operator";
  case certificate_role::viewing:
    return "viewer";
  }
  return "unknown";
}

std::optional<certificate_role> parse_role(std::string_view name) noexcept {
  for (const auto each :
       {certificate_role::node, certificate_role::operating, certificate_role::viewing})
    if (to_string(each) == name)
      return each;
  return std::nullopt;
}

std::string role_uri(certificate_role role) {
  return std::string{role_uri_prefix}.append(to_string(role));
}

} // namespace prism::net
