#pragma once

#include <cstddef>

namespace prism {

/// Whether a database can be worked with, judged by how a pool's sessions fare. One session that is
/// cut, or for which the server has no room, says little while others work; so it takes either the
/// loss of all connections or several failures in a row. Not thread-safe.
class reachability {
public:
  /// Failures without an answer between them, after which connections that merely have not been
  /// used since are not trusted any more.
  static constexpr std::size_t max_failures = 3;

  /// A job came to its end, whatever that was, with its connection still there.
  void answered() noexcept {
    failures_ = 0;
    reachable_ = true;
  }

  /// A connection was lost or could not be made.
  /// @param connected sessions that still have theirs, as far as is known
  /// @param server_full the server answered that there is no room for one more connection: no doubt
  ///                    about those there are
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
