#pragma once

#include "db/pg/connection_state.hpp"

namespace prism::db {

/// Waits for a connection's socket within the round trip's deadline. Internal to db/.
///
/// When the deadline passes it sends one cancel request and goes on waiting, since only the
/// server's answer tells what has become of the work; it gives up `cancel_grace` later.
class waiter {
public:
  explicit waiter(connection_state& on)
      : on_(on), started_(connection::clock::now()), until_(on.round_trip_deadline()) {}

  /// Waits for one of poll()'s `events`.
  /// @returns false when the server did not even answer the cancel request.
  [[nodiscard]] bool wait(short events);

  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

  /// Since construction.
  [[nodiscard]] std::chrono::milliseconds elapsed() const;

private:
  void deadline_passed();

  connection_state& on_;
  connection::clock::time_point started_;
  connection::clock::time_point until_;
  bool cancelled_{false};
};

} // namespace prism::db
