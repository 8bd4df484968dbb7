#pragma once

#include "actors/runtime/node_context.hpp"
#include "metrics/running_total.hpp"
#include "net/http/http_server.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace prism {

/// Serves /metrics, /healthz and /readyz on `metrics-listen`, from the first second of the start to
/// the end of the stop, whatever the actors and the database do; and further routes. Any thread.
class health_port {
public:
  /// @param more further routes, on the same port
  explicit health_port(node_ptr node, std::vector<net::http_route> more = {});

  /// Listens, unless it does already or no port is wanted. A failure is logged.
  /// @returns whether there is nothing left to do; if not, the port may be free later
  bool open();

  /// Shows in the metrics what the port has counted.
  void show();

  /// 0: it does not listen.
  [[nodiscard]] std::uint16_t port() const;

private:
  node_ptr node_;
  std::vector<net::http_route> more_;
  mutable std::mutex mutex_;
  metrics::running_total accepted_;
  metrics::running_total refused_;
  metrics::running_total evicted_;
  std::unique_ptr<net::http_server> server_;
};

} // namespace prism
