#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/pool_usage.hpp"
#include "messages/interfaces.hpp"

#include <chrono>

namespace prism {

/// How often the pool is sampled, and how often its use is logged.
struct pool_monitor_timing {
  std::chrono::milliseconds sample_every{1'000};
  std::chrono::milliseconds status_every{60'000};
};

/// Samples the pool once a second, logs the lines of core/pool_usage, and sets the gauges of
/// utilisation and the counter of exhaustion events.
class pool_monitor_state {
public:
  using interface = periodic_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pool_monitor";

  pool_monitor_state(self_pointer self, node_ptr node, pool_monitor_timing timing = {});

  interface::behavior_type make_behavior();
  [[nodiscard]] actor_status status() const;

private:
  void request_sample();
  void on_sample(const pool_sample& sample);

  self_pointer self_;
  node_ptr node_;
  std::chrono::milliseconds sample_every_;
  pool_usage usage_;
};

} // namespace prism
