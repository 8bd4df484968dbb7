#pragma once

#include "actors/inspector/answer.hpp"

namespace prism::views {

/// Adds what is known of an actor without asking it: `mailbox`, `handling`, `handled`, `messages`.
void add_activity(boost::json::object& to, const caf::strong_actor_ptr& actor, time_point now);

} // namespace prism::views
