#include "actors/metrics_exporter.hpp"

#include "net/listen_address.hpp"

#include <spdlog/spdlog.h>

namespace prism {

namespace {

constexpr std::chrono::seconds retry_interval{5};

[[nodiscard]] net::http_response text(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

[[nodiscard]] net::http_response ready_now(const node_context& node) {
  auto facts = node.status.facts();
  const auto& firehose = node.metrics.firehose();
  facts.firehose_connected = firehose.connected->Value() != 0;
  if (const auto newest = firehose.event_timestamp->Value(); newest > 0)
    facts.newest_event_age = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch() -
        std::chrono::duration<double>(newest));
  auto answer = evaluate_readiness(facts);
  return text(answer.ready ? 200 : 503, std::move(answer.text));
}

} // namespace

metrics_actor::behavior_type metrics_exporter_state::make_behavior() {
  listen();
  return {[this](const tick&) { listen(); }, [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) { return status(); }};
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
  options.listen.port = server_->port();
  spdlog::info("metrics on http://{}/metrics", net::to_string(options.listen));
}

} // namespace prism
