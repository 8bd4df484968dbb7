#pragma once

#include "db/pg/connection.hpp"
#include "db/schema/migration.hpp"

#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace prism::db {

/// What migrate() did.
struct migration_report {
  int version_before{}; ///< 0: an empty database
  int version_now{};
  std::vector<std::string> applied; ///< labels, in order; empty if there was nothing to do
};

struct migrate_options {
  /// How long to wait while another process migrates.
  std::chrono::milliseconds lock_timeout{300'000};
  /// For one migration. Building an index on a full table takes its time.
  std::chrono::milliseconds migration_timeout{4 * 3'600'000};
};

/// Brings the schema up to date: applies what is missing, in order, each migration in a transaction
/// of its own together with its row in schema_migrations (see `migration` for the exception).
///
/// Only one process at a time gets to do it, held by an advisory lock that a second connection's
/// open transaction owns: safe behind a pooler in transaction mode, and gone with the process.
/// It is polled for, not waited for in the server, because a waiting statement would keep
/// CREATE INDEX CONCURRENTLY of the one that has the lock waiting, for ever.
///
/// Errors: those of pending_migrations() before anything is changed; 55P03 when another process
/// migrates for too long; whatever the SQL says, with the migration's label. Blocks.
[[nodiscard]] outcome<migration_report>
migrate(connection& on, std::span<const migration> known = embedded_migrations(),
        const migrate_options& options = {});

/// Whether the schema is the one this program needs; for /readyz. Reads only.
/// Errors: 55000 with what is missing or wrong; those of the connection.
[[nodiscard]] outcome<void> check_schema(executor& on,
                                         std::span<const migration> known = embedded_migrations());

} // namespace prism::db
