#pragma once

#include "actors/health_port.hpp"
#include "actors/runtime/node_context.hpp"
#include "messages/interfaces.hpp"

#include <memory>
#include <utility>

namespace prism {

/// Keeps the health port open: if it is taken, say by the process that this one replaces, it is
/// tried again every five seconds. Shows what the port counts.
class metrics_exporter_state {
public:
  using interface = periodic_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "metrics";

  /// @param port outlives this actor's restarts
  metrics_exporter_state(self_pointer self, const node_ptr& /*counts its messages*/,
                         std::shared_ptr<health_port> port)
      : self_(self), port_(std::move(port)) {}

  interface::behavior_type make_behavior();

private:
  void look();
  [[nodiscard]] actor_status status() const;

  self_pointer self_;
  std::shared_ptr<health_port> port_;
};

} // namespace prism
