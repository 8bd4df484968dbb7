#pragma once

#include "core/error.hpp"
#include "options.hpp"

namespace prism::synth {

/// Serves a synthetic network as a live stream until SIGTERM or SIGINT; see `usage`. Logs
/// connections to the standard error and prints the totals to the standard output. Errors:
/// `errc::io` (port, file).
[[nodiscard]] expected<void> stream(const options& how);

} // namespace prism::synth
