#pragma once

#include "db/pg/sqlstate.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::db {

class executor;
class pipeline;

/// What tells one state of a database from another that is older or runs elsewhere. A node keeps
/// ids, cursors and revs in memory: they are true for the database that they were read from.
struct server_identity {
  /// The cluster's system identifier, the same for a primary and its standbys; empty if the role
  /// may not read it.
  std::string system;
  /// Rises with each promotion; 0 if unknown.
  std::int64_t timeline{0};
  /// Another one after each start of the server and for each database: a promoted standby, a
  /// restored backup and the other server behind a pooler all differ. Empty: unknown.
  std::string start;

  friend bool operator==(const server_identity&, const server_identity&) = default;
};

/// The expression for `server_identity::start`.
inline constexpr std::string_view server_start_sql = R"sql((
  extract(epoch FROM pg_postmaster_start_time())::text || '/' ||
  (SELECT oid FROM pg_database WHERE datname = current_database())
))sql";

/// The SQLSTATE, of our own, of an error that means: the database is not the one, or not in the
/// state, that this process knows. Everything in memory that stems from it must be dropped.
inline constexpr std::string_view server_changed = "PF003";

/// That error for a server that is not the one known. @param detail what tells them apart
[[nodiscard]] db_error another_server(std::string_view detail, const char* statement);

/// Whether `found` was left behind by a promotion that this process has seen: writing to it would
/// fork the data.
[[nodiscard]] constexpr bool is_left_behind(const server_identity& found,
                                            const server_identity& known) noexcept {
  return !known.system.empty() && found.system == known.system && found.timeline < known.timeline;
}

/// Queues a statement that fails on any other start of the server, and with it the statements
/// behind it up to the next sync. For work outside transactions, which prove it with their first
/// statement.
void queue_prove_server(pipeline& out, const std::string& server_start);
/// The error of a round trip that began with that statement: `server_changed` if it was not proven,
/// any other as it is.
[[nodiscard]] db_error as_server_changed(db_error failure);

/// Reads the identity of the server. On a standby the timeline is that which it follows.
[[nodiscard]] outcome<server_identity> read_server_identity(executor& on);

} // namespace prism::db
