#include "actors/metrics_exporter.hpp"

#include "actors/runtime/node_readiness.hpp"
#include "net/listen_address.hpp"

#include <spdlog/spdlog.h>

namespace prism {

namespace {

constexpr std::chrono::seconds retry_interval{5};
constexpr std::chrono::seconds show_interval{1};

[[nodiscard]] net::http_response text(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

[[nodiscard]] net::http_response ready_now(const node_context& node) {
  auto answer = readiness_of(node);
  return text(answer.ready ? 200 : 503, std::move(answer.text));
}

} // namespace

metrics_actor::behavior_type metrics_exporter_state::make_behavior() {
  listen();
  return {[this](const tick&) { server_ ? show() : listen(); },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) { return status(); }};
}

// What the server itself counts.
void metrics_exporter_state::show() {
  if (!server_)
    return;
  const auto stats = server_->stats();
  accepted_.show(static_cast<double>(stats.connections));
  refused_.show(static_cast<double>(stats.refused));
  evicted_.show(static_cast<double>(stats.evicted));
  node_->metrics.http().open->Set(static_cast<double>(stats.open));
  self_->delayed_send(self_, show_interval, tick{});
}

actor_status metrics_exporter_state::status() const {
  return {name, {{"port", server_ ? std::to_string(server_->port()) : "none"}}};
}

void metrics_exporter_state::listen() {
  const auto& setting = node_->options.metrics_listen;
  if (server_ || setting.empty())
    return;
  net::http_server_options options;
  const auto address = net::parse_listen_address(setting);
  if (!address) {
    spdlog::error("metrics-listen: {}; there are no metrics", address.error().message);
    return;
  }
  options.listen = *address;
  // The routes run on the server's thread and keep the node; the server ends with this actor.
  const auto node = node_;
  std::vector<net::http_route> routes{
      {"GET", "/metrics",
       [node](const net::http_request&) -> net::http_response {
         return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
                 .body = node->metrics.serialize()};
       }},
      {"GET", "/healthz", [](const net::http_request&) { return text(200, "alive\n"); }},
      {"GET", "/readyz", [node](const net::http_request&) { return ready_now(*node); }}};
  auto started = net::http_server::start(options, std::move(routes));
  if (!started) {
    spdlog::error("no metrics for now: {}", started.error().message);
    self_->delayed_send(self_, retry_interval, tick{});
    return;
  }
  server_ = std::move(*started);
  self_->delayed_send(self_, show_interval, tick{});
  options.listen.port = server_->port();
  spdlog::info("metrics on http://{}/metrics", net::to_string(options.listen));
}

} // namespace prism
