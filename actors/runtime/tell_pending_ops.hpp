#pragma once

#include "actors/runtime/node_context.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

namespace prism {

/// Tells pending_ops what one transaction has changed, once. If it is down nothing is sent: it
/// reads the table when it is back.
///
/// @param self     the sender, from whose handler this is called
/// @param channel  of the metrics, from the sender to pending_ops
/// @param all      false: there are changes besides these, so the table is read again
template <class Self>
void tell_pending_ops(Self* self, const node_ptr& node, std::string_view channel,
                      const std::vector<db::pending_change>& changes, bool all = true) {
  const auto pending = node->actors.find(names::pending_ops);
  if (!pending)
    return;
  const auto unit = std::make_shared<metrics::channel_unit>(node->metrics.bounded(channel));
  self->request(
          pending, std::chrono::seconds{10},
          pending_changed{std::make_shared<const std::vector<db::pending_change>>(changes), all})
      .then([unit](const pending_noted&) { unit->leave(); },
            [unit](const caf::error&) { unit->leave(); });
}

} // namespace prism
