#pragma once

#include "core/error.hpp"
#include "core/host_limiter.hpp"
#include "net/http/dns_resolver.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace prism::net {

/// Settings of an `http_client`. Every limit of it is here.
struct http_client_options {
  /// From the first lookup of a name to the last byte, redirects included.
  std::chrono::milliseconds timeout{5'000};
  /// Status line and headers of an answer.
  std::uint32_t max_header_bytes{16'384};
  /// Requests in flight; further ones fail with `errc::transient`.
  std::size_t max_in_flight{256};
  /// Requests in flight per address, since many untrusted names may resolve to one host.
  std::size_t max_per_address{16};
  /// Limits per host name and port.
  host_limiter_options limits{};
  /// Whether untrusted names may resolve to private addresses and untrusted URLs may be http. For
  /// development and tests only.
  bool allow_private{false};
  std::string user_agent{"prism"};
};

/// A GET.
struct http_fetch {
  std::string url;
  /// Maximum size of the body.
  std::size_t max_bytes{65'536};
  /// Redirects followed (301, 302, 303, 307, 308); a further one is an error.
  unsigned max_redirects{0};
  /// The URL is from the configuration: no rate or concurrency limit, any address, http allowed.
  bool trusted{false};
};

struct http_answer {
  unsigned status{0};
  std::string body;
};

/// What an `http_client` has done, by result.
struct http_client_stats {
  std::uint64_t answered{0};
  std::uint64_t failed{0};    ///< no connection, no TLS, no HTTP, 5xx and 429
  std::uint64_t timed_out{0}; ///< of those, by timeout
  std::uint64_t refused{0};   ///< rejected by the client: URL, address, redirect, size
  std::uint64_t held_back{0}; ///< not sent: concurrency, rate or open circuit
};

/// Fetches small responses from untrusted hosts (HTTP/1.1, TLS 1.2 or newer). Resolves names itself
/// and connects to the address that it checked, so that a name cannot lead into our own network.
/// Requests are never queued: if a limit of the host is reached, they fail at once with
/// `errc::transient` and do not affect other hosts. Runs on the thread of the context; internal to
/// net/.
class http_client {
public:
  /// @param tls from `make_client_tls`. `dns` and `context` must outlive it.
  http_client(boost::asio::io_context& context, dns_resolver& dns, tls_context tls,
              http_client_options options);
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client();

  /// Any other status is a result. Errors: `errc::not_found` no such host; `errc::timeout`;
  /// `errc::io` connection, TLS or HTTP failed, or status 429 or 5xx; `errc::limit` the response is
  /// too large; `errc::invalid` the URL, an address or a redirect is not allowed; `errc::transient`
  /// a limit is reached, retry later; `errc::cancelled`.
  [[nodiscard]] boost::asio::awaitable<expected<http_answer>> get(http_fetch fetch);

  /// Ends all requests in flight with `errc::cancelled` and rejects new ones.
  void stop();

  [[nodiscard]] const http_client_stats& stats() const noexcept { return stats_; }
  [[nodiscard]] const host_limiter& limiter() const noexcept { return limiter_; }
  /// Hosts whose circuit breaker is open.
  [[nodiscard]] std::size_t open_circuits() const noexcept {
    return limiter_.open_circuits() + trusted_limiter_.open_circuits();
  }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }

private:
  friend class http_exchange;

  boost::asio::awaitable<expected<http_answer>> follow(http_fetch fetch);
  expected<http_answer> count(expected<http_answer> result);

  boost::asio::io_context& context_;
  dns_resolver& dns_;
  tls_context tls_;
  http_client_options options_;
  host_limiter limiter_;         // untrusted hosts
  host_limiter trusted_limiter_; // configured hosts: circuit breaker only
  std::map<std::string, std::size_t> per_address_;
  std::set<class http_exchange*> exchanges_; // in flight; owned by `get`
  std::size_t in_flight_{0};
  http_client_stats stats_;
  bool stopping_{false};
};

} // namespace prism::net
