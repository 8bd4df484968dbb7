#pragma once

#include "actors/runtime/node_context.hpp"

#include <chrono>

namespace prism {

/// A commit ended its wait for a synchronous standby (`db::connection::take_unreplicated`): it is
/// counted, logged and shown in /readyz until a later commit is replicated. Any thread.
void report_unreplicated(node_context& node);

/// A transaction that wrote has been committed, with the standby's answer if one is needed. What
/// was committed before it is then on the standby as well, so if it began after the last report,
/// that is over. Any thread.
void report_replicated(node_context& node, std::chrono::steady_clock::time_point begun);

} // namespace prism
