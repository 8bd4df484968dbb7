#pragma once

#include "core/byte_budget.hpp"
#include "core/clock.hpp"
#include "dataplane/method.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace prism::dataplane {

/// A call on its way to a session and back. Immutable, but for the sign that nobody waits for the
/// answer any more.
struct pending_call {
  std::uint64_t id{0};
  const method* what{nullptr};
  std::string request;
  byte_budget::share request_bytes{}; ///< of those that all requests may have
  time_point arrived{};
  time_point deadline{};
  /// Set by the port, read by the session's thread while it waits for the database.
  mutable std::atomic<bool> given_up{false};
};

} // namespace prism::dataplane
