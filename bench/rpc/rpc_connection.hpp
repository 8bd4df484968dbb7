#pragma once

#include "bench/rpc/recorded_calls.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace prism::bench {

/// What became of one call.
struct call_result {
  std::size_t method{0};
  std::chrono::nanoseconds took{0};
  int status{-1}; ///< of gRPC; -1: the connection ended before
};

/// Where the next call comes from: shared by all connections.
class call_source {
public:
  call_source(const recording& from, std::uint64_t rounds)
      : from_(from), end_(from.calls.size() * rounds) {}
  /// Null: there are no more, or the time is over.
  [[nodiscard]] const recorded_call* next() {
    const auto at = next_.fetch_add(1);
    return at < end_ && !over_ ? &from_.calls[at % from_.calls.size()] : nullptr;
  }
  void end() { over_ = true; }
  [[nodiscard]] const recording& of() const noexcept { return from_; }

private:
  const recording& from_;
  std::uint64_t end_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> over_{false};
};

/// Sends calls over one HTTP/2 connection in clear text, `in_flight` at a time, until there are no
/// more. Blocks. @returns a result for each call sent; error: `errc::io`.
[[nodiscard]] expected<std::vector<call_result>> run_connection(const std::string& host,
                                                                std::uint16_t port,
                                                                std::size_t in_flight,
                                                                call_source& source);

} // namespace prism::bench
