#pragma once

#include "db/pg/sqlstate.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::db {

/// How to reach the server and how to notice that it is gone.
///
/// Nothing here is session state that a pooler in transaction mode would lose: only the start-up
/// parameters which PgBouncer tracks are sent (client_encoding, application_name).
struct connect_options {
  /// postgresql://user:password@host:port/db?… or key=value pairs, as libpq takes them; the PG*
  /// environment fills the gaps. What it says wins over the members below.
  std::string conninfo;

  /// Shown in pg_stat_activity.
  std::string application_name{"prism"};

  /// Limit for reaching one host and logging in; with n hosts in `conninfo`, n times this.
  std::chrono::milliseconds connect_timeout{10'000};

  /// Idle time before the first TCP keepalive probe, time between probes, and their number.
  std::chrono::seconds keepalives_idle{30};
  std::chrono::seconds keepalives_interval{5};
  int keepalives_count{3};

  /// How long sent data may stay unacknowledged before the connection counts as dead.
  std::chrono::milliseconds tcp_user_timeout{10'000};

  /// Limit for one round trip outside of transactions, which bring their own; 0 is none.
  std::chrono::milliseconds default_timeout{30'000};

  /// How long to wait for the server's answer to a cancel before the connection is given up.
  std::chrono::milliseconds cancel_grace{5'000};

  /// Named prepared statements. Set false behind a pooler in transaction mode that does not track
  /// them (PgBouncer before 1.21). A connection that finds this out goes on without by itself.
  bool prepared_statements{true};
};

/// The connection string for logs: every password as ***. A string that cannot be parsed is not
/// repeated at all, since any piece of it may be the password. Any thread.
[[nodiscard]] std::string mask_conninfo(const std::string& conninfo);

/// The same server and login with another database; the result is in key=value form and holds the
/// password, if there was one.
[[nodiscard]] outcome<std::string> with_database(const std::string& conninfo,
                                                 std::string_view database);

/// Key and value pairs for libpq: the defaults of `options`, overruled by its `conninfo`, then what
/// we insist on. Refuses a string that libpq cannot parse, or whose host has an @ in it (a password
/// with an unescaped @), without repeating it.
[[nodiscard]] outcome<std::vector<std::pair<std::string, std::string>>>
connection_keywords(const connect_options& options);

} // namespace prism::db
