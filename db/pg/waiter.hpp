#pragma once

#include "db/pg/connection_state.hpp"

#include <span>

namespace prism::db {

/// Waits for a connection's socket within the deadline of the round trip. Internal to db/pg.
///
/// When the deadline passes, or `connect_options::gives_up` says so, it sends one cancel request
/// and continues to wait, since only the server's answer says whether the work was done; it gives
/// up after `cancel_grace`, and at once if `connection::wait_by` says to stop.
class waiter {
public:
  /// @param requests of the round trip; not copied
  waiter(connection_state& state, std::span<const request> requests)
      : state_(state), requests_(requests), started_(connection::clock::now()),
        until_(state.round_trip_deadline()) {}

  /// Waits for one of the `events` of poll().
  /// @returns false if the server has not answered the cancel request either, or
  ///   `connection::wait_by` says to stop
  [[nodiscard]] bool wait(short events);

  /// Whether `connection::wait_by` said to stop.
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  /// Whether a cancel request was sent.
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

  /// Time since construction.
  [[nodiscard]] std::chrono::milliseconds elapsed() const;

private:
  [[nodiscard]] wait_end wait_once(short events, connection::clock::time_point until) const;
  void on_deadline();
  [[nodiscard]] bool given_up() const;

  connection_state& state_;
  std::span<const request> requests_;
  connection::clock::time_point started_;
  connection::clock::time_point until_;
  bool cancelled_{false};
  bool stopped_{false};
};

} // namespace prism::db
