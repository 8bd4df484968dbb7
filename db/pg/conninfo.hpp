#pragma once

#include "db/pg/server_identity.hpp"
#include "db/pg/sqlstate.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::db {

/// A call that waits for the server.
struct server_wait {
  int backend_pid{};          ///< 0 while connecting; behind a pooler, not that of a server process
  std::string_view statement; ///< as in `db_error`
  std::chrono::milliseconds waited{};
};

/// How to connect to the server and how to detect that it is lost.
///
/// No option is session state that a pooler in transaction mode would lose: of the start-up
/// parameters, only those that PgBouncer tracks are sent (client_encoding, application_name).
struct connect_options {
  /// postgresql://user:password@host:port/db?… or key=value pairs, as libpq accepts them, completed
  /// by the PG* environment. Takes precedence over the members below.
  std::string conninfo;

  /// Name in pg_stat_activity.
  std::string application_name{"prism"};

  /// Time limit for connecting to one host and logging in; with n hosts in `conninfo`, n times
  /// this.
  std::chrono::milliseconds connect_timeout{10'000};

  /// Idle time before the first TCP keepalive probe, interval of the probes, and their number.
  std::chrono::seconds keepalives_idle{30};
  std::chrono::seconds keepalives_interval{5};
  int keepalives_count{3};

  /// Time that sent data may stay unacknowledged before the connection counts as lost.
  std::chrono::milliseconds tcp_user_timeout{10'000};

  /// Time limit of one round trip outside transactions, which have their own; 0 is none.
  std::chrono::milliseconds default_timeout{30'000};

  /// Time to wait for the server's answer to a cancel request before the connection is closed.
  std::chrono::milliseconds cancel_grace{5'000};

  /// Called before each call is sent and then about every 100 ms while it waits, on the thread that
  /// waits. True gives the call up as at its deadline: it is cancelled and fails with 57014 (08001
  /// while connecting). Empty: never. Must not use this connection.
  std::function<bool(const server_wait&)> gives_up{};

  /// Whether to use named prepared statements. False is for a pooler in transaction mode that does
  /// not track them (PgBouncer before 1.21); a connection also detects this and stops using them.
  bool prepared_statements{true};

  /// The server that the caller has worked with before; empty: none. One that a promotion has left
  /// behind is refused, and the next host of `conninfo` is tried.
  server_identity known_server{};
};

/// Keywords and values for libpq.
using keyword_list = std::vector<std::pair<std::string, std::string>>;

/// The connection string for logs, with every password replaced by ***. A string that cannot be
/// parsed is not shown at all, since any part of it may be the password. Any thread.
[[nodiscard]] std::string mask_conninfo(const std::string& conninfo);

/// A value in libpq's key=value form. Any thread.
[[nodiscard]] std::string quoted_value(std::string_view value);

/// The items of a list with commas, as libpq takes it for hosts and ports; at least one, maybe
/// empty.
[[nodiscard]] std::vector<std::string> split_list(std::string_view list);

/// Key and value pairs for libpq: the members of `options`, overridden by its `conninfo`, and
/// client_encoding. Error F0000 for a string that libpq cannot parse, whose host contains an @
/// (from a password with an unescaped @), or that names more or fewer ports than hosts; the message
/// does not show the string.
[[nodiscard]] outcome<keyword_list> connection_keywords(const connect_options& options);

/// The same for each host that `conninfo` names, in its order: libpq's asynchronous connect, which
/// prism uses, waits for a silent host until its caller gives up, and never turns to the next one.
/// One list if there is one host, or if `target_session_attrs` ranks all hosts (prefer-standby).
[[nodiscard]] std::vector<keyword_list> split_hosts(const keyword_list& keywords);

/// Whether a failure to connect is due to the connection string or to files of this machine
/// (service, certificates, password file), so that waiting does not help. With several hosts this
/// has to hold for each. Pure.
/// @param message of libpq, in English
[[nodiscard]] bool is_client_configuration(std::string_view message);

} // namespace prism::db
