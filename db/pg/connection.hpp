#pragma once

#include "db/pg/canceller.hpp"
#include "db/pg/conninfo.hpp"
#include "db/pg/executor.hpp"

#include <chrono>
#include <memory>

namespace prism::db {

struct connection_state;

/// One PostgreSQL connection.
///
/// Blocking calls for one thread at a time (a detached actor, never a pool thread of CAF); only
/// the `canceller` may be used from elsewhere. Waiting always has a limit: `deadline()`, else
/// `connect_options::default_timeout`. When it passes, the server is asked to cancel and its answer
/// is awaited, so that the error (57014) is reported after the work has really stopped; a server
/// that does not answer within `cancel_grace` loses the connection (08006).
/// A lost connection stays lost until `reconnect()`.
///
/// Where prepared statements do not survive (a pooler in transaction mode), they are given up at
/// the first sign of it: unseen outside a transaction, at the price of one transient error (26000,
/// 42P05) inside.
class connection final : public executor {
public:
  using clock = std::chrono::steady_clock;

  /// Connects and logs in. Errors: 08001 for everything on the way there; the state with which the
  /// server refuses (class 28, 3D000, 53300 …), with the class of `classify_refusal`.
  [[nodiscard]] static outcome<connection> open(connect_options options);

  ~connection() override;
  connection(connection&&) noexcept;
  connection& operator=(connection&&) noexcept;

  [[nodiscard]] outcome<std::vector<result>> round_trip(std::span<const request> requests) override;
  [[nodiscard]] outcome<void> exec_script(const std::string& sql) override;

  /// Drops the connection, if any is left, and makes a new one with the same options.
  /// @param limit no longer than this, if shorter than the options' connect_timeout.
  [[nodiscard]] outcome<void>
  reconnect(std::chrono::milliseconds limit = std::chrono::milliseconds::max());

  /// Ends the connection; the server rolls back an open transaction.
  void close() noexcept;

  /// False after a loss was noticed. True promises nothing about the next round trip.
  [[nodiscard]] bool is_open() const noexcept;

  /// Whether the server is in a transaction block, failed or not.
  [[nodiscard]] bool in_transaction() const noexcept;

  /// The moment at which a running or future round trip gives up.
  [[nodiscard]] clock::time_point deadline() const noexcept;

  /// Sets it until the next call; `no_deadline` for none, `default_deadline` for the default per
  /// round trip.
  void set_deadline(clock::time_point when) noexcept;
  static constexpr clock::time_point no_deadline = clock::time_point::max();
  static constexpr clock::time_point default_deadline = clock::time_point::min();

  /// For other threads. Follows reconnects.
  [[nodiscard]] canceller get_canceller() const;

  /// The server process of this connection (not the real one behind a pooler); 0 when closed.
  [[nodiscard]] int backend_pid() const noexcept;

  /// 150004 is 15.4; 0 when closed.
  [[nodiscard]] int server_version() const noexcept;

  [[nodiscard]] const connect_options& options() const noexcept;

  /// Whether statements are still sent as named prepared ones (see connect_options).
  [[nodiscard]] bool prepares_statements() const noexcept;

private:
  explicit connection(std::unique_ptr<connection_state> state);
  std::unique_ptr<connection_state> state_;
};

} // namespace prism::db
