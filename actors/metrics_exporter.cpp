#include "actors/metrics_exporter.hpp"

#include "net/listen_address.hpp"

#include <spdlog/spdlog.h>

namespace prism {

namespace {

constexpr std::chrono::seconds retry_interval{5};

[[nodiscard]] net::http_response text(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

// Ready: this node can do its work now. Being behind is not a reason against it.
[[nodiscard]] net::http_response readiness(const node_status& status) {
  const std::pair<const char*, bool> conditions[]{
      {"database reachable", status.database_reachable},
      {"schema current", status.schema_current},
      {"firehose running", status.firehose_running},
      {"not draining", !status.draining},
  };
  std::string body;
  bool ready = true;
  for (const auto& [what, holds] : conditions) {
    body += fmt::format("{} {}\n", holds ? "ok  " : "FAIL", what);
    ready = ready && holds;
  }
  for (const auto& [who, problem] : status.problems()) {
    body += fmt::format("FAIL {}: {}\n", who, problem);
    ready = false;
  }
  return text(ready ? 200 : 503, std::move(body));
}

} // namespace

metrics_actor::behavior_type metrics_exporter_state::make_behavior() {
  listen();
  return {[this](const tick&) { listen(); }, [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) -> actor_status {
            return {name, {{"port", server_ ? std::to_string(server_->port()) : "none"}}};
          }};
}

void metrics_exporter_state::listen() {
  const auto& wanted = node_->options.metrics_listen;
  if (server_ || wanted.empty())
    return;
  net::http_server_options options;
  const auto address = net::parse_listen_address(wanted);
  if (!address) {
    spdlog::error("metrics-listen: {}; there are no metrics", address.error().message);
    return;
  }
  options.listen = *address;
  // The context outlives the server, which is stopped with this actor.
  const auto node = node_;
  std::vector<net::http_route> routes{
      {"GET", "/metrics",
       [node](const net::http_request&) -> net::http_response {
         return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
                 .body = node->metrics.serialize()};
       }},
      {"GET", "/healthz", [](const net::http_request&) { return text(200, "alive\n"); }},
      {"GET", "/readyz", [node](const net::http_request&) { return readiness(node->status); }}};
  auto started = net::http_server::start(options, std::move(routes));
  if (!started) {
    // The port may be held by the process that this one replaces.
    spdlog::error("no metrics for now: {}", started.error().message);
    self_->delayed_send(self_, retry_interval, tick{});
    return;
  }
  server_ = std::move(*started);
  options.listen.port = server_->port();
  spdlog::info("metrics on http://{}/metrics", net::to_string(options.listen));
}

} // namespace prism
