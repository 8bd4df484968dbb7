#pragma once

#include "actors/runtime/node_context.hpp"
#include "net/http/http_router.hpp"

#include <vector>

namespace prism {

/// The page at / and what it reads: GET /status, with view=NAME, and GET /status/events, the newest
/// status, actors and channels as a server-sent event every `interval` seconds (1 to 60; 1). They
/// read shared state: they wait for nothing, and change nothing. The routes hold the node.
[[nodiscard]] std::vector<net::http_route> status_routes(node_ptr node);

} // namespace prism
