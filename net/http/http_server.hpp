#pragma once

#include "core/error.hpp"
#include "net/http/http_router.hpp"
#include "net/listen_address.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace prism::net {

/// Settings of an `http_server`. Every limit of it is here.
struct http_server_options {
  /// Default: a free port of 127.0.0.1.
  listen_address listen{};
  /// Request line and headers; more is answered with 431. 8 KiB; at least 64 bytes.
  std::uint32_t max_header_bytes{8192};
  /// Request body; more is answered with 413. 10 MB; from 0 on.
  std::uint64_t max_body_bytes{10'000'000};
  /// From the first byte of a request to its last, for the first byte on a new connection, and for
  /// writing each answer. 10 s.
  std::chrono::milliseconds request_timeout{10'000};
  /// How long a connection may be kept alive without a further request. 60 s.
  std::chrono::milliseconds idle_timeout{60'000};
  /// Connections served at once; one more is answered with 503 and closed, and when there are as
  /// many again of those, closed without an answer. 64; at least 1.
  std::size_t max_connections{64};
};

/// What an `http_server` has done.
struct http_server_stats {
  /// Connections accepted, refused ones included.
  std::uint64_t connections{0};
  /// Connections refused because there were too many.
  std::uint64_t refused{0};
  /// Connections open now.
  std::uint64_t open{0};
  /// Answers by the first digit of their status: [2] is 2xx …
  std::uint64_t answers[6]{};
};

/// A small HTTP/1.1 server for the operators' pages, on a thread of its own. Keep-alive,
/// pipelining, HEAD; a slow, silent or shouting client costs one of the limits above and no more.
class http_server {
public:
  /// Listens and serves. Errors: `errc::io` naming the address and the reason, `errc::invalid`
  /// naming the option.
  [[nodiscard]] static expected<std::unique_ptr<http_server>> start(http_server_options options,
                                                                    std::vector<http_route> routes);

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server();

  /// Cuts all connections and ends the thread; no handler runs afterwards. Not from a handler.
  void stop();

  /// The port that it listens on.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// The numbers of this moment; from any thread.
  [[nodiscard]] http_server_stats stats() const;

private:
  class impl;
  explicit http_server(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
