#include "actors/metrics_exporter.hpp"

namespace prism {

namespace {

constexpr std::chrono::seconds retry_interval{5};
constexpr std::chrono::seconds show_interval{1};

} // namespace

periodic_actor::behavior_type metrics_exporter_state::make_behavior() {
  look();
  return {[this](const tick&) { look(); }, [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) { return status(); }};
}

actor_status metrics_exporter_state::status() const {
  return {name, {{"port", port_->port()}}};
}

void metrics_exporter_state::look() {
  const bool done = port_->open();
  port_->show();
  self_->delayed_send(self_, done ? show_interval : retry_interval, tick{});
}

} // namespace prism
