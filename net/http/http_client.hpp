#pragma once

#include "core/error.hpp"
#include "core/host_gate.hpp"
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
  /// From the first look-up of a name to the last byte, redirects included.
  std::chrono::milliseconds timeout{5'000};
  /// Status line and headers of an answer.
  std::uint32_t max_header_bytes{16'384};
  /// Requests under way at once; more are refused as transient.
  std::size_t max_in_flight{256};
  /// The same to one address: a stranger may have any number of names for one machine.
  std::size_t max_per_address{16};
  /// Limits per host name and port.
  host_gate_options gate{};
  /// Whether strangers' names may lead to private addresses, and strangers' URLs be http://. For
  /// development and tests only.
  bool allow_private{false};
  std::string user_agent{"prism"};
};

/// A GET.
struct http_fetch {
  std::string url;
  /// Longest body taken.
  std::size_t max_bytes{65'536};
  /// Redirects followed (301, 302, 303, 307, 308); one more is an error.
  unsigned max_redirects{0};
  /// The operator named this URL: no rate or concurrency limit, any address, http allowed.
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
  std::uint64_t timed_out{0}; ///< of those, for lack of time
  std::uint64_t refused{0};   ///< by us: URL, address, redirect, size
  std::uint64_t held_back{0}; ///< by us, for now: too many, too often, or circuit open
};

/// Fetches small answers from strangers (HTTP/1.1, TLS 1.2 or newer). Resolves names itself and
/// connects to the very address that it has checked, so that a name cannot lead into our own
/// network. Nothing waits in line: a host that is busy, hasty or broken is refused at once, as
/// `errc::transient`, and no other host notices. On the one thread that runs the context; internal
/// to net/.
class http_client {
public:
  /// @param tls from `make_client_tls`. `dns` and `context` must outlive it.
  http_client(boost::asio::io_context& context, dns_resolver& dns, tls_context tls,
              http_client_options options);
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client();

  /// Any status is an answer. Errors: `errc::not_found` no such host; `errc::timeout`; `errc::io`
  /// no connection, TLS or HTTP, or an answer of 429 or 5xx; `errc::limit` the answer is too large;
  /// `errc::invalid` the URL, an address or a redirect is not allowed; `errc::transient` not now;
  /// `errc::cancelled`.
  [[nodiscard]] boost::asio::awaitable<expected<http_answer>> get(http_fetch what);

  /// Ends all requests under way with `errc::cancelled`, and refuses new ones.
  void stop();

  [[nodiscard]] const http_client_stats& stats() const noexcept { return stats_; }
  [[nodiscard]] const host_gate& gate() const noexcept { return gate_; }
  /// Hosts that are not asked at the moment because they have not answered.
  [[nodiscard]] std::size_t open_circuits() const noexcept {
    return gate_.open_circuits() + trusted_gate_.open_circuits();
  }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }

private:
  friend class http_exchange;

  boost::asio::awaitable<expected<http_answer>> follow(http_fetch what);
  expected<http_answer> count(expected<http_answer> result);

  boost::asio::io_context& context_;
  dns_resolver& dns_;
  tls_context tls_;
  http_client_options options_;
  host_gate gate_;         // strangers
  host_gate trusted_gate_; // whom the operator named: circuits only
  std::map<std::string, std::size_t> per_address_;
  std::set<class http_exchange*> exchanges_; // those under way; they live in `get`
  std::size_t in_flight_{0};
  http_client_stats stats_;
  bool stopping_{false};
};

} // namespace prism::net
