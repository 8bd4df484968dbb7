#pragma once

#include "config/options.hpp"
#include "net/grpc/grpc_server.hpp"

namespace prism {

/// How the server of `dataplane-listen`, which is set, listens.
/// @returns `errc::invalid` with a sentence for the operator, for example if other machines would
/// reach it in clear text. Any thread.
[[nodiscard]] expected<net::grpc_server_options> port_options(const config::options& from);

} // namespace prism
