#pragma once

#include "actors/inspector/answer.hpp"

namespace prism::views {

/// Adds what is known of an actor without asking it: `mailbox`, `handling`, `handled`, `messages`.
void add_activity(boost::json::object& to, const caf::strong_actor_ptr& actor, time_point now);

/// Messages that take longer, or wait longer, are called stuck in `status`.
inline constexpr std::chrono::seconds stuck_after{5};

/// Who is stuck at what now, a sentence for each.
[[nodiscard]] boost::json::array stuck_actors(const node_context& node, time_point now);

} // namespace prism::views
