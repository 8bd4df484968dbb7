#include "net/relay/ws_source_stats.hpp"

namespace prism::net {

std::string_view to_string(disconnect_reason reason) noexcept {
  switch (reason) {
  case disconnect_reason::resolve_failed:
    return "resolve_failed";
  case disconnect_reason::connect_failed:
    return "connect_failed";
  case disconnect_reason::tls_failed:
    return "tls_failed";
  case disconnect_reason::upgrade_refused:
    return "upgrade_refused";
  case disconnect_reason::connect_timeout:
    return "connect_timeout";
  case disconnect_reason::closed:
    return "closed";
  case disconnect_reason::reset:
    return "reset";
  case disconnect_reason::idle:
    return "idle";
  case disconnect_reason::oversized:
    return "oversized";
  case disconnect_reason::protocol_error:
    return "protocol_error";
  case disconnect_reason::stopped:
    return "stopped";
  case disconnect_reason::out_of_order:
    return "out_of_order";
  }
  return "unknown";
}

} // namespace prism::net
