#pragma once

#include <cstddef>

namespace prism {

/// Whether a database is reachable, as the sessions of a pool find it. One lost or refused
/// connection proves little while others work, so the database counts as unreachable after the loss
/// of all connections, or after several failures in a row. Not thread-safe.
class reachability {
public:
  /// Failures in a row after which connections that were not used since count for nothing.
  static constexpr std::size_t max_failures = 3;

  /// A job ended, whatever its result, and its connection is still open.
  void answered() noexcept {
    failures_ = 0;
    reachable_ = true;
  }

  /// A connection was lost or could not be made.
  /// @param connected sessions with a connection, as far as is known
  /// @param server_full the server refused one more connection for lack of room, which says
  ///                    nothing against the existing ones
  void failed(std::size_t connected, bool server_full) noexcept {
    failures_ += server_full ? 0 : 1;
    if (connected == 0 || failures_ >= max_failures)
      reachable_ = false;
  }

  [[nodiscard]] bool reachable() const noexcept { return reachable_; }

private:
  std::size_t failures_{0};
  bool reachable_{true};
};

} // namespace prism
