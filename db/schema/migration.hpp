#pragma once

#include "db/pg/sqlstate.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::db {

/// One change of the schema. The texts are valid until the program ends.
struct migration {
  int version{};         ///< from 1, without gaps
  std::string_view name; ///< "users_and_progress"
  /// The text of the file. If its first line is `-- prism: no-transaction`, its statements run one
  /// by one outside a transaction (CREATE INDEX CONCURRENTLY). After a crash between them the whole
  /// file runs again, so it must be idempotent.
  std::string_view sql;

  [[nodiscard]] bool in_transaction() const noexcept;

  /// "0001_users_and_progress"
  [[nodiscard]] std::string label() const;
};

/// SHA-256 of the text.
using migration_checksum = std::array<std::byte, 32>;
[[nodiscard]] migration_checksum checksum(const migration& source) noexcept;

/// A row of the table schema_migrations.
struct applied_migration {
  int version{};
  std::string name;
  migration_checksum checksum{};
};

/// The files of migrations/, compiled into the program, ordered by version.
[[nodiscard]] std::span<const migration> embedded_migrations();

/// The migrations to apply: the tail of `known` that is not in `applied`. Pure.
///
/// Errors, all fatal (55000) and naming the migration: a gap in `known` or a wrong order; an
/// applied migration that the program does not have, that was changed after it was applied, or that
/// was applied although an earlier one was not.
/// @param known   ordered by version
/// @param applied ordered by version
[[nodiscard]] outcome<std::span<const migration>>
pending_migrations(std::span<const migration> known, std::span<const applied_migration> applied);

/// The statements of an SQL text, without their semicolons. Recognizes quotes, dollar quotes and
/// comments (PostgreSQL 15 manual, 4.1); parts with only white space and comments are left out.
/// Pure.
[[nodiscard]] std::vector<std::string_view> split_statements(std::string_view sql);

} // namespace prism::db
