#include "actors/health_port.hpp"

#include "actors/runtime/node_readiness.hpp"
#include "log/log.hpp"
#include "net/listen_address.hpp"

namespace prism {

namespace {

[[nodiscard]] net::http_response text(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

[[nodiscard]] net::http_response ready_now(const node_context& node) {
  auto answer = readiness_of(node);
  return text(answer.ready ? 200 : 503, std::move(answer.text));
}

[[nodiscard]] std::string metrics_now(node_context& node) {
  const auto& out = node.metrics.node();
  out.ready->Set(readiness_of(node).ready ? 1 : 0);
  out.database_reachable->Set(node.status.database_reachable ? 1 : 0);
  return node.metrics.serialize();
}

} // namespace

health_port::health_port(node_ptr node, std::vector<net::http_route> more)
    : node_(std::move(node)), more_(std::move(more)),
      accepted_(node_->metrics.http().events.of("accepted")),
      refused_(node_->metrics.http().events.of("refused")),
      evicted_(node_->metrics.http().events.of("evicted")) {}

bool health_port::open() {
  const auto& setting = node_->options.metrics_listen;
  const std::scoped_lock lock(mutex_);
  if (server_ || setting.empty())
    return true;
  net::http_server_options options;
  const auto address = net::parse_listen_address(setting);
  if (!address) {
    log::http().error("metrics-listen: {}; the port stays closed", address.error().message);
    return true;
  }
  options.listen = *address;
  // The routes run on the server's thread, which ends before the node that they read.
  auto* const node = node_.get();
  std::vector<net::http_route> routes{
      {"GET", "/metrics",
       [node](const net::http_request&) -> net::http_response {
         return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
                 .body = metrics_now(*node)};
       }},
      {"GET", "/healthz", [](const net::http_request&) { return text(200, "alive\n"); }},
      {"GET", "/readyz", [node](const net::http_request&) { return ready_now(*node); }}};
  routes.insert(routes.end(), more_.begin(), more_.end());
  auto started = net::http_server::start(options, std::move(routes));
  if (!started) {
    log::http().error("cannot open metrics-listen: {}; trying again every 5 s",
                      started.error().message);
    return false;
  }
  server_ = std::move(*started);
  options.listen.port = server_->port();
  log::http().info("metrics on http://{}/metrics", net::to_string(options.listen));
  return true;
}

void health_port::show() {
  const std::scoped_lock lock(mutex_);
  if (!server_)
    return;
  const auto stats = server_->stats();
  accepted_.show(static_cast<double>(stats.connections));
  refused_.show(static_cast<double>(stats.refused));
  evicted_.show(static_cast<double>(stats.evicted));
  node_->metrics.http().open->Set(static_cast<double>(stats.open));
  node_->metrics.http().streams->Set(static_cast<double>(stats.streams));
}

std::uint16_t health_port::port() const {
  const std::scoped_lock lock(mutex_);
  return server_ ? server_->port() : 0;
}

} // namespace prism
