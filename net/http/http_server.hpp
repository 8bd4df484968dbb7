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

/// Settings of an `http_server`, including all of its limits.
struct http_server_options {
  /// Default: a free port of 127.0.0.1.
  listen_address listen{};
  /// Request line and headers; more is answered with 431. 8 KiB; at least 64 bytes.
  std::uint32_t max_header_bytes{8192};
  /// Request body; more is answered with 413. Only what a handler wants is kept. 10 MB; from 0 on.
  std::uint64_t max_body_bytes{10'000'000};
  /// Time limit for reading a request, for the first byte on a new connection, and for writing a
  /// response. 10 s.
  std::chrono::milliseconds request_timeout{10'000};
  /// Time limit for the next request on a kept-alive connection. 60 s.
  std::chrono::milliseconds idle_timeout{60'000};
  /// Maximum number of connections served. 64; at least 1. A further one takes the place of the
  /// connection that has waited longest for its client, among those of the address that has the
  /// most. Only when all are being answered it gets 503; and once there are as many of those, new
  /// ones are closed without a response.
  std::size_t max_connections{64};
  /// Maximum number of connections of one address (of one /64 network of IPv6); a further one takes
  /// the place of another of them. So the rest of the places is kept for others. 48; at least 1.
  std::size_t max_per_address{48};
  /// A client that takes no bytes of its response for so long counts as one that is waited for.
  /// 2 s.
  std::chrono::milliseconds answer_grace{2'000};
  /// Maximum number of streams (`http_stream`); a further one gets 503. They may be cut at any time
  /// for another connection, as those whose client is waited for. 16; from 0 on.
  std::size_t max_streams{16};
  /// The same for one address (one /64 network of IPv6). 4; from 0 on.
  std::size_t max_streams_per_address{4};
};

/// Counters of an `http_server`.
struct http_server_stats {
  /// Connections accepted, refused ones included.
  std::uint64_t connections{0};
  /// Connections refused because there were too many.
  std::uint64_t refused{0};
  /// Connections cut because a new one needed their place.
  std::uint64_t evicted{0};
  /// Connections open now.
  std::uint64_t open{0};
  /// Streams open now.
  std::uint64_t streams{0};
  /// Responses by the first digit of their status: [2] counts 2xx.
  std::uint64_t answers[6]{};
};

/// A small HTTP/1.1 server for metrics and health checks, on its own thread. Supports keep-alive,
/// pipelining and HEAD; the limits above bound what one client can cost. Clients that connect and
/// say nothing, whatever their number, do not keep out one that sends its request: it comes with
/// the connection, and is answered before the connection is the oldest.
class http_server {
public:
  /// Listens and serves. Errors: `errc::io` naming the address and the reason, `errc::invalid`
  /// naming the option.
  [[nodiscard]] static expected<std::unique_ptr<http_server>> start(http_server_options options,
                                                                    std::vector<http_route> routes);

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server();

  /// Closes all connections and ends the thread; no handler runs afterwards. Not callable from a
  /// handler.
  void stop();

  /// The port on which it listens.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Current counters; callable from any thread.
  [[nodiscard]] http_server_stats stats() const;

private:
  class impl;
  explicit http_server(std::unique_ptr<impl> pimpl);
  std::unique_ptr<impl> impl_;
};

} // namespace prism::net
