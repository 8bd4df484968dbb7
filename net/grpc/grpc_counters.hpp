#pragma once

#include <atomic>
#include <cstdint>

namespace prism::net {

/// What `grpc_server_stats` says, while it is counted. Written by the server's thread, read by any.
/// Internal to net/.
struct grpc_counters {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> protocol_errors{0};
  std::atomic<std::uint64_t> stalled{0};
  std::atomic<std::uint64_t> bad_requests{0};
  std::atomic<std::uint64_t> received_bytes{0};
  std::atomic<std::uint64_t> sent_bytes{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> buffered_bytes{0};
  std::atomic<std::int64_t> certificate_expires_at{0};
};

} // namespace prism::net
