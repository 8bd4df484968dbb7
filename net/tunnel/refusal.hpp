#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace prism::net {

/// Why the tunnel refused a connection.
enum class tunnel_refusal : std::uint8_t {
  no_certificate,  ///< the client showed none
  unknown_ca,      ///< its certificate is not of our authority
  expired,         ///< its certificate's time is over
  not_yet_valid,   ///< its certificate's time has not begun
  revoked,         ///< its certificate is in the revocation list
  bad_role,        ///< its certificate has no name, no role, an unknown role, or several
  bad_certificate, ///< its certificate is unusable for another reason
  not_tls,         ///< what came is not TLS 1.3
  too_slow,        ///< no end of the hello within the handshake deadline
  disconnected,    ///< the client left before the end of the hello
  bad_hello,       ///< what came over TLS is not a hello
  wrong_version,   ///< no version in common
  wrong_cluster,   ///< it wanted another cluster
  not_ready,       ///< the node's actors cannot be reached (yet)
  too_many,        ///< no place was free
  evicted          ///< a newer connection needed its place before the end of the hello
};

inline constexpr std::size_t tunnel_refusal_count = 16;

/// The lower-case name, for metric labels: "no_certificate".
[[nodiscard]] std::string_view to_string(tunnel_refusal reason) noexcept;

} // namespace prism::net
