#pragma once

#include "core/circuit_breaker.hpp"
#include "core/lru_cache.hpp"
#include "core/token_bucket.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism {

/// Limits of a `host_gate`, each per host.
struct host_gate_options {
  /// Requests under way at once. At least 1.
  std::size_t max_in_flight{4};
  /// Requests per second, and how many may come at once.
  double rate{10};
  double burst{20};
  circuit_options circuit{};
  /// Hosts remembered; the one not asked for longest is forgotten first. At least 1.
  std::size_t max_hosts{10'000};
};

/// Decides whether a host may be asked now, so that no host is asked too often and a bad one costs
/// nobody but itself. Nothing waits here: who is refused comes again later. Not thread-safe.
class host_gate {
public:
  enum class admission : std::uint8_t {
    admitted,
    busy, ///< as many requests as allowed are under way, there or to all hosts we can remember
    rate, ///< too many within the last second
    open, ///< its circuit is open: it has not answered lately
  };
  enum class result : std::uint8_t { answered, failed, abandoned };

  explicit host_gate(host_gate_options options) : options_(options), hosts_(options.max_hosts) {}

  /// Asks to enter. After `admitted`, and only then, `leave` follows.
  [[nodiscard]] admission enter(std::string_view host, time_point now);
  void leave(std::string_view host, result how, time_point now);

  /// Hosts remembered.
  [[nodiscard]] std::size_t size() const noexcept { return hosts_.size(); }
  /// Hosts forgotten for lack of room.
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

  host_gate_options options_;
  lru_cache<std::string, host_state> hosts_;
  std::size_t open_{0};
};

} // namespace prism
