#pragma once

#include "db/pg/connection.hpp"
#include "db/schema/migration.hpp"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace prism::db {

/// The result of migrate().
struct migration_report {
  int version_before{}; ///< 0: an empty database
  int version_now{};
  std::vector<std::string> applied; ///< labels, in order; empty if the schema was up to date
};

struct migrate_options {
  /// Time to wait while another process migrates.
  std::chrono::milliseconds lock_timeout{300'000};
  /// Time limit of one migration; building an index on a large table takes long.
  std::chrono::milliseconds migration_timeout{4 * 3'600'000};
};

/// Brings the schema up to date: applies the missing migrations in order, each in a transaction of
/// its own together with its row in schema_migrations (see `migration` for the exception).
///
/// Only one process at a time migrates: it holds an advisory lock in an open transaction of a
/// second connection, which is safe behind a pooler in transaction mode and ends with the process.
/// The lock is polled, since a statement that waited for it in the server would block CREATE INDEX
/// CONCURRENTLY of the lock's holder for ever.
///
/// Errors: those of pending_migrations(), before anything is changed; 55P03 if another process
/// migrates for too long; errors of the SQL, with the migration's label. Blocks.
/// @param known the migrations to apply, ordered by version
[[nodiscard]] outcome<migration_report>
migrate(connection& conn, std::span<const migration> known = embedded_migrations(),
        const migrate_options& options = {});

} // namespace prism::db
