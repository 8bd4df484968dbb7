#pragma once

#include "db/pg/conninfo.hpp"
#include "db/pg/executor.hpp"
#include "db/pg/wait_for_socket.hpp"

#include <chrono>
#include <memory>

namespace prism::db {

struct connection_state;

/// One PostgreSQL connection.
///
/// Calls block; one thread at a time (a detached actor, never a pool thread of CAF). Waiting is
/// always limited: by `deadline()`, else by `connect_options::default_timeout`. After that the
/// server is asked to cancel the statement, and its answer is awaited, so that the error (57014) is
/// reported only after the work has stopped. If the server does not answer within `cancel_grace`,
/// the connection is closed (08006). A lost connection stays lost until `reconnect()`.
///
/// If prepared statements do not persist (a pooler in transaction mode), the connection stops using
/// them as soon as it notices: transparently outside a transaction, with one transient error
/// (26000, 42P05) inside.
class connection final : public executor {
public:
  using clock = std::chrono::steady_clock;

  /// Connects and logs in: to the first host that takes it and that no promotion has left behind
  /// (`connect_options::known_server`). Errors: 08001 if no server can be reached; F0000, fatal, if
  /// for every host the connection string or a file of this machine that it needs is at fault; the
  /// state with which the server rejects the login (class 28, 3D000, 53300 …), classified by
  /// `classify_refusal`.
  [[nodiscard]] static outcome<connection> open(connect_options options);

  ~connection() override;
  connection(connection&&) noexcept;
  connection& operator=(connection&&) noexcept;

  [[nodiscard]] outcome<std::vector<result>> round_trip(std::span<const request> requests) override;
  [[nodiscard]] outcome<void> exec_script(const std::string& sql) override;

  /// Closes the connection, if it is open, and connects again with the same options.
  /// @param limit time limit, if shorter than `connect_options::connect_timeout`
  [[nodiscard]] outcome<void>
  reconnect(std::chrono::milliseconds limit = std::chrono::milliseconds::max());

  /// Closes the connection; the server rolls back an open transaction.
  void close() noexcept;

  /// False once a loss of the connection has been noticed; the next round trip may still fail.
  [[nodiscard]] bool is_open() const noexcept;

  /// Whether a transaction is open, failed or not.
  [[nodiscard]] bool in_transaction() const noexcept;

  /// When the next round trip is cancelled.
  [[nodiscard]] clock::time_point deadline() const noexcept;

  /// Sets the deadline of all further round trips: a point in time, `no_deadline`, or
  /// `default_deadline` for `default_timeout` per round trip.
  void set_deadline(clock::time_point when) noexcept;
  static constexpr clock::time_point no_deadline = clock::time_point::max();
  static constexpr clock::time_point default_deadline = clock::time_point::min();

  /// Has further round trips wait for the server by `how`, so that their thread can do other work
  /// meanwhile; empty: by poll(), which is the default. Then a cancel request does not block; if it
  /// is still on its way when the next round trip begins, the connection is closed, since it could
  /// hit that one.
  void wait_by(wait_for_socket how) noexcept;

  /// Whether a cancel request that nobody waited for is still on its way.
  [[nodiscard]] bool is_cancelling() const noexcept;

  /// The server process of this connection (behind a pooler not the real one); 0 if closed.
  [[nodiscard]] int backend_pid() const noexcept;

  /// Whether, since the last call, a COMMIT ended its wait for a synchronous standby without the
  /// standby's answer: by a cancel, a time limit, or the shutdown of the server. What it committed
  /// is on this server and may be lost with it.
  [[nodiscard]] bool take_unreplicated() noexcept;

  /// Version of the server; 150004 is 15.4; 0 if closed.
  [[nodiscard]] int server_version() const noexcept;

  [[nodiscard]] const connect_options& options() const noexcept;

private:
  explicit connection(std::unique_ptr<connection_state> state);
  [[nodiscard]] outcome<void> refuse_left_behind();

  std::unique_ptr<connection_state> state_;
};

} // namespace prism::db
