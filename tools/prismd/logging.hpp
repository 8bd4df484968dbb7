#pragma once

#include "config/options.hpp"

namespace prism::tools {

/// Sets up the process's logger: standard error, one line per event, UTC times, as text or as JSON
/// objects (`log-format`), from `log-level` up.
void set_up_logging(const config::options& options);

} // namespace prism::tools
