#include "actors/pool_monitor.hpp"

#include "log/log.hpp"

namespace prism {

namespace {

[[nodiscard]] log::level severity(pool_level level) {
  switch (level) {
  case pool_level::critical:
    return log::level::error;
  case pool_level::warning:
    return log::level::warn;
  case pool_level::normal:
    break;
  }
  return log::level::info;
}

[[nodiscard]] pool_usage_options usage_options(const config::options& options,
                                               std::chrono::milliseconds status_every) {
  constexpr double percent = 100.0;
  return {.max = options.db_pool_size,
          .warning = static_cast<double>(options.db_pool_warning_percent) / percent,
          .critical = static_cast<double>(options.db_pool_critical_percent) / percent,
          .status_every = status_every};
}

} // namespace

pool_monitor_state::pool_monitor_state(self_pointer self, node_ptr node, pool_monitor_timing timing)
    : self_(self), node_(std::move(node)), sample_every_(timing.sample_every),
      usage_(usage_options(node_->options, timing.status_every)) {}

periodic_actor::behavior_type pool_monitor_state::make_behavior() {
  self_->delayed_send(self_, sample_every_, tick{});
  return {[this](const tick&) {
            self_->delayed_send(self_, sample_every_, tick{});
            request_sample();
          },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) { return status(); }};
}

actor_status pool_monitor_state::status() const {
  return {name,
          {{"level", to_string(usage_.level())},
           {"utilization", usage_.utilization()},
           {"average", usage_.average().value_or(0)},
           {"samples", usage_.size()},
           {"exhaustion_events", usage_.exhaustion_events()}}};
}

void pool_monitor_state::request_sample() {
  const auto pool = node_->actors.find(names::pool);
  if (!pool)
    return; // it is being restarted
  self_->request(pool, sample_every_, get_pool_sample{})
      .then([this](const pool_sample& sample) { on_sample(sample); },
            [this](const caf::error& error) {
              log::pool_monitor().warn("pool_monitor: no sample from the pool: {}",
                                       describe(self_->system(), error));
            });
}

void pool_monitor_state::on_sample(const pool_sample& sample) {
  const auto before = usage_.exhaustion_events();
  for (const auto& line : usage_.add(sample, steady_clock::now()))
    log::pool_monitor().log(severity(line.level), "{}", line.text);
  const auto& out = node_->metrics.database();
  out.utilization->Set(usage_.utilization());
  out.utilization_average->Set(usage_.average().value_or(0));
  out.exhaustions->Increment(static_cast<double>(usage_.exhaustion_events() - before));
}

} // namespace prism
