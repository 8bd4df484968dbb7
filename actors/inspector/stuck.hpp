#pragma once

#include "actors/runtime/node_context.hpp"

#include <boost/json/array.hpp>
#include <chrono>

namespace prism::views {

/// What takes longer, or waits longer, is called stuck in `status`.
inline constexpr std::chrono::seconds stuck_after{5};

/// What is stuck now, a sentence for each: the database, the pool, the relay, shards, actors; what
/// others may wait for comes first. Read from shared state, so no part that is stuck has to help.
/// An object has `actor` (the part's name), `seconds`, `waiting` (jobs, frames or messages) and
/// `what`. At most `max_rows`. Any thread.
[[nodiscard]] boost::json::array stuck_parts(const node_context& node, time_point now);

} // namespace prism::views
