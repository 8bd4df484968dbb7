#pragma once

#include "db/pg/sqlstate.hpp"

#include <chrono>
#include <memory>

struct pg_conn; // libpq's PGconn

namespace prism::db {

/// Asks the server to stop what a connection is doing. Copies share one target, which follows the
/// connection over reconnects; a canceller may outlive its connection and then does nothing.
/// Any thread, any time.
class canceller {
public:
  canceller();

  /// Sends the request over a connection of its own and waits until the server has taken it. The
  /// statement, if one runs, fails with 57014; it may also just have finished.
  /// Errors: 08006 when the server cannot be reached, or has not taken it within `limit`; it may
  /// still get the request then.
  [[nodiscard]] outcome<void> cancel(std::chrono::milliseconds limit = std::chrono::seconds{
                                         5}) const;

  /// Follows another connection from now on; nullptr for none. For `connection` only.
  void retarget(pg_conn* raw) const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace prism::db
