#pragma once

#include "core/error.hpp"

#include <filesystem>
#include <vector>

namespace prism::db {

/// Where the programs of a PostgreSQL server are.
struct postgres_binaries {
  std::filesystem::path directory;
  int major_version{}; ///< 15 for 15.4

  [[nodiscard]] std::filesystem::path initdb() const { return directory / "initdb"; }
  [[nodiscard]] std::filesystem::path postgres() const { return directory / "postgres"; }
};

/// The oldest PostgreSQL that Prism is made for.
inline constexpr int min_postgres_major = 15;

/// Looks for a server's programs in this order: `wanted` alone if not empty; Debian's
/// /usr/lib/postgresql/*/bin, newest first; the directories of PATH; what `pg_config --bindir`
/// says.
/// @param major only this version, for a data directory that exists; 0: any from
///              min_postgres_major on
/// Errors: not_found, with the Debian package to install.
[[nodiscard]] expected<postgres_binaries> find_postgres(const std::filesystem::path& wanted,
                                                        int major);

} // namespace prism::db
