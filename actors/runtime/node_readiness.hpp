#pragma once

#include "actors/runtime/node_context.hpp"

namespace prism {

/// What /readyz answers now. Any thread.
[[nodiscard]] readiness readiness_of(const node_context& node);

} // namespace prism
