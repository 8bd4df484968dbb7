#pragma once

#include "core/circuit_breaker.hpp"
#include "core/lru_cache.hpp"
#include "core/token_bucket.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism {

/// Limits of a `host_limiter`, each per host.
struct host_limiter_options {
  /// Requests in flight at once. At least 1.
  std::size_t max_in_flight{4};
  /// Requests per second, more than 0, and the largest burst, at least 1.
  double rate{10};
  double burst{20};
  circuit_options circuit{};
  /// Hosts kept; the least recently used one is evicted first. At least 1.
  std::size_t max_hosts{10'000};
};

/// Decides whether a request may be sent to a host now: limits concurrency and rate per host, and
/// stops requests to a host that fails. Nothing waits here; the caller retries later. A request
/// that an open circuit refuses, and its probe, do not count for the rate. Not thread-safe.
class host_limiter {
public:
  enum class admission : std::uint8_t {
    admitted,
    busy, ///< too many requests are in flight, to this host or to all hosts that can be kept
    rate, ///< the host's rate is used up
    open, ///< the host's circuit is open: its last requests failed
  };
  enum class result : std::uint8_t { answered, failed, abandoned };

  explicit host_limiter(host_limiter_options options)
      : options_(options), hosts_(options.max_hosts) {}

  /// Asks for admission of one request. After `admitted`, and only then, the caller calls `leave`.
  [[nodiscard]] admission enter(std::string_view host, time_point now);
  void leave(std::string_view host, result outcome, time_point now);

  /// Hosts kept.
  [[nodiscard]] std::size_t size() const noexcept { return hosts_.size(); }
  /// Hosts evicted to make room.
  [[nodiscard]] std::uint64_t evictions() const noexcept { return hosts_.evictions(); }
  /// Hosts whose circuit is not closed.
  [[nodiscard]] std::size_t open_circuits() const noexcept { return open_; }

private:
  struct host_state {
    circuit_breaker circuit;
    token_bucket tokens;
    std::size_t in_flight{0};
  };

  void count(bool was_closed, bool is_closed) noexcept;

  host_limiter_options options_;
  lru_cache<std::string, host_state> hosts_;
  std::size_t open_{0};
};

} // namespace prism
