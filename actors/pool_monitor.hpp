#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/pool_usage.hpp"
#include "messages/interfaces.hpp"

#include <chrono>

namespace prism {

/// When the pool is looked at, and how often a line says how it is used.
struct pool_monitor_timing {
  std::chrono::milliseconds sample_every{1'000};
  std::chrono::milliseconds status_every{60'000};
};

/// Looks at the pool once a second, logs what core/pool_usage finds worth a line, and sets the
/// gauges of utilisation and the count of exhaustion events.
class pool_monitor_state {
public:
  using interface = periodic_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "pool_monitor";

  pool_monitor_state(self_pointer self, node_ptr node, pool_monitor_timing timing = {});

  interface::behavior_type make_behavior();

private:
  void ask();
  void take(const pool_sample& sample);

  self_pointer self_;
  node_ptr node_;
  std::chrono::milliseconds sample_every_;
  pool_usage usage_;
};

} // namespace prism
