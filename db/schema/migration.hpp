#pragma once

#include "db/pg/sqlstate.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::db {

/// One step of the schema. The texts live as long as the program.
struct migration {
  int version{};         ///< from 1 on, without gaps
  std::string_view name; ///< "users_and_progress"
  /// The file's text. If its first line is `-- prism: no-transaction`, its statements run one by
  /// one outside of a transaction (CREATE INDEX CONCURRENTLY); a crash between them runs the file
  /// again, so it must be written to bear that.
  std::string_view sql;

  [[nodiscard]] bool in_transaction() const noexcept;

  /// "0001_users_and_progress"
  [[nodiscard]] std::string label() const;
};

/// SHA-256 of the text.
using migration_checksum = std::array<std::byte, 32>;
[[nodiscard]] migration_checksum checksum(const migration& step) noexcept;

/// A row of the table schema_migrations.
struct applied_migration {
  int version{};
  std::string name;
  migration_checksum checksum{};
};

/// The files of migrations/, built into the program, by version.
[[nodiscard]] std::span<const migration> embedded_migrations();

/// What is still to do: the tail of `known` that is not in `applied`. Pure.
///
/// Errors, all fatal (55000) and naming the migration: a gap or disorder in `known`; an applied one
/// that the program does not know, that was changed after it was applied, or that is applied
/// although one before it is not.
/// @param known   in the order of versions
/// @param applied in the order of versions
[[nodiscard]] outcome<std::span<const migration>>
pending_migrations(std::span<const migration> known, std::span<const applied_migration> applied);

/// The single statements of an SQL text, without their semicolons. Knows quotes, dollar quotes and
/// comments (PostgreSQL 15 manual, 4.1); pieces of only blanks and comments are left out. Pure.
[[nodiscard]] std::vector<std::string_view> split_statements(std::string_view sql);

} // namespace prism::db
