#pragma once

#include "core/error.hpp"

#include <filesystem>
#include <vector>

namespace prism::db {

/// The programs of a PostgreSQL server.
struct postgres_binaries {
  std::filesystem::path directory;
  int major_version{}; ///< 15 for 15.4

  [[nodiscard]] std::filesystem::path initdb() const { return directory / "initdb"; }
  [[nodiscard]] std::filesystem::path postgres() const { return directory / "postgres"; }
};

/// The oldest supported major version of PostgreSQL.
inline constexpr int min_postgres_major = 15;

/// Looks for the programs of a server: in `wanted` only, if it is not empty; otherwise in
/// /usr/lib/postgresql/*/bin (Debian), newest first, in the directories of PATH, and in
/// `pg_config --bindir`. Blocks.
/// @param major the required major version, that of an existing cluster; 0: min_postgres_major or
///              newer
/// Errors: not_found, naming the Debian package to install.
[[nodiscard]] expected<postgres_binaries> find_postgres(const std::filesystem::path& wanted,
                                                        int major);

} // namespace prism::db
