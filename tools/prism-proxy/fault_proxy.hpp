#pragma once

#include "core/error.hpp"
#include "net/listen_address.hpp"
#include "proxy_state.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace prism::proxy {

/// Settings of a `fault_proxy`.
struct proxy_options {
  /// Default: a free port of 127.0.0.1.
  net::listen_address listen{};
  /// PostgreSQL's socket, "/DIR/.s.PGSQL.5432", or "ADDRESS:PORT".
  std::string server{};
  /// Called on the proxy's thread with a log line for each failure.
  std::function<void(const std::string&)> log{};
};

/// A proxy between clients and PostgreSQL that injects faults into their connections, on its own
/// thread. It declines encryption so that it can parse the traffic: the client's sslmode must not
/// require it. Each command is in effect when its call returns. Callable from any thread.
class fault_proxy {
public:
  /// Listens and serves. Errors: `errc::invalid` (the server's address), `errc::io`.
  [[nodiscard]] static expected<std::unique_ptr<fault_proxy>> start(proxy_options options);

  fault_proxy(const fault_proxy&) = delete;
  fault_proxy& operator=(const fault_proxy&) = delete;

  /// Resets all connections.
  ~fault_proxy();

  /// The port on which it listens.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Error: `errc::io` if it cannot listen on its port again after `refuse`.
  [[nodiscard]] expected<void> set(mode wanted);

  /// Delays each packet of a client; 0: no delay.
  void delay(std::chrono::milliseconds each);

  /// Limits the commits of all connections together; 0: no limit.
  void limit_commits(std::uint32_t per_second);

  /// Resets all open connections.
  void cut();

  /// Resets the connection instead of forwarding, for the next N COMMITs.
  void cut_before_commit(std::uint64_t n);

  /// Forwards the next N COMMITs, and resets the connection when the response arrives instead of
  /// forwarding it.
  void cut_after_commit(std::uint64_t n);

  /// Current counters.
  [[nodiscard]] proxy_stats stats() const;

private:
  class impl;
  explicit fault_proxy(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

/// "name=value" pairs in one line, named as in `proxy_stats`.
[[nodiscard]] std::string to_string(const proxy_stats& stats);

} // namespace prism::proxy
