#pragma once

#include "actors/inspector/inspection_context.hpp"
#include "net/tunnel/tunnel_server.hpp"

#include <functional>
#include <memory>

namespace prism {

/// Opens the tunnel of the node's options for operators; what it admits is entered in
/// `context.connected`.
/// @param backend_port where CAF listens
/// Errors: those of `tunnel_server::start`.
[[nodiscard]] expected<std::unique_ptr<net::tunnel_server>>
open_operators_tunnel(inspection_ptr context, std::function<std::uint16_t()> backend_port);

} // namespace prism
