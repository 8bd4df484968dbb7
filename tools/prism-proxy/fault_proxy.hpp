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
  /// Told of what cannot be done, one line at a time, on the proxy's thread.
  std::function<void(const std::string&)> log{};
};

/// Stands between a client and PostgreSQL, on a thread of its own, and harms their connections as
/// ordered. Requests for encryption are refused, so that it can read what goes by: the client's
/// sslmode must not insist. Every order is in effect when its call returns. Any thread.
class fault_proxy {
public:
  /// Listens and serves. Errors: `errc::invalid` (the server's address), `errc::io`.
  [[nodiscard]] static expected<std::unique_ptr<fault_proxy>> start(proxy_options options);

  fault_proxy(const fault_proxy&) = delete;
  fault_proxy& operator=(const fault_proxy&) = delete;

  /// Resets all connections.
  ~fault_proxy();

  /// The port that it listens on.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Error: `errc::io`, it cannot listen on its port again after `refuse`.
  [[nodiscard]] expected<void> set(mode wanted);

  /// Holds back each packet of a client; 0: none.
  void delay(std::chrono::milliseconds each);

  /// All connections together commit no more often; 0: no limit.
  void limit_commits(std::uint32_t per_second);

  /// Resets all connections of this moment.
  void cut();

  /// The next N COMMITs are not passed on; their connections are reset instead.
  void cut_before_commit(std::uint64_t n);

  /// The next N COMMITs are passed on, and their connections are reset instead of the answer, when
  /// that has come.
  void cut_after_commit(std::uint64_t n);

  /// The numbers of this moment.
  [[nodiscard]] proxy_stats stats() const;

private:
  class impl;
  explicit fault_proxy(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

/// "name=value" pairs in one line, named as in `proxy_stats`.
[[nodiscard]] std::string to_string(const proxy_stats& stats);

} // namespace prism::proxy
