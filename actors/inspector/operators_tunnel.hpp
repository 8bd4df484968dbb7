#pragma once

#include "actors/inspector/inspection_context.hpp"
#include "metrics/bundles.hpp"
#include "net/tunnel/tunnel_server.hpp"

#include <functional>
#include <memory>

namespace prism {

/// Sets the metrics of the tunnel to what it has counted. Any thread, one at a time.
void show(const net::tunnel_server& tunnel, const metrics::tunnel_metrics& out);

/// Opens the tunnel of the node's options for operators; what it admits is entered in
/// `context.connected`.
/// @param backend_port where CAF listens
/// Errors: those of `tunnel_server::start`.
[[nodiscard]] expected<std::unique_ptr<net::tunnel_server>>
open_operators_tunnel(inspection_ptr context, std::function<std::uint16_t()> backend_port);

} // namespace prism
