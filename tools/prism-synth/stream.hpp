#pragma once

#include "core/error.hpp"
#include "options.hpp"

namespace prism::synth {

/// Serves a made-up network as it goes, until SIGTERM or SIGINT; see `usage`. Connections are told
/// on the standard error, the totals on the standard output. Errors: `errc::io` (port, file).
[[nodiscard]] expected<void> stream(const options& how);

} // namespace prism::synth
