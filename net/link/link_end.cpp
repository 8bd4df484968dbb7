#include "net/link/links.hpp"

namespace prism::net {

std::string_view to_string(link_end reason) noexcept {
  static constexpr std::array<std::string_view, link_end_count> names{
      "connect_failed", "handshake_failed", "refused",      "redundant", "silent", "lost",
      "malformed",      "overflow",         "unknown_peer", "removed",   "stopped"};
  return names.at(static_cast<std::size_t>(reason));
}

} // namespace prism::net
