#pragma once

#include "actors/runtime/node_context.hpp"
#include "messages/interfaces.hpp"
#include "metrics/running_total.hpp"
#include "net/http/http_server.hpp"

#include <memory>

namespace prism {

/// Serves /metrics, /healthz and /readyz on `metrics-listen`. If the port is taken, say by the
/// process that this one replaces, it is tried again every five seconds.
class metrics_exporter_state {
public:
  using interface = metrics_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "metrics";

  metrics_exporter_state(self_pointer self, node_ptr node)
      : self_(self), node_(std::move(node)), accepted_(node_->metrics.http().events.of("accepted")),
        refused_(node_->metrics.http().events.of("refused")),
        evicted_(node_->metrics.http().events.of("evicted")) {}

  interface::behavior_type make_behavior();

private:
  void listen();
  void show();
  [[nodiscard]] actor_status status() const;

  self_pointer self_;
  node_ptr node_;
  std::unique_ptr<net::http_server> server_;
  metrics::running_total accepted_;
  metrics::running_total refused_;
  metrics::running_total evicted_;
};

} // namespace prism
