#include "net/tunnel/refusal.hpp"

#include <array>

namespace prism::net {

std::string_view to_string(tunnel_refusal reason) noexcept {
  static constexpr std::array<std::string_view, tunnel_refusal_count> names{
      "no_certificate",  "unknown_ca", "expired",  "not_yet_valid", "revoked",   "bad_role",
      "bad_certificate", "not_tls",    "too_slow", "disconnected",  "bad_hello", "wrong_version",
      "wrong_cluster",   "not_ready",  "too_many", "evicted"};
  return names.at(static_cast<std::size_t>(reason));
}

} // namespace prism::net
