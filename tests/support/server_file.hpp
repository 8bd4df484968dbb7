#pragma once

#include "db/embedded/postmaster.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace prism::test {

/// The environment variable that names the directory of server files to a test program. ctest sets
/// it (prism_test() in cmake/PrismTargets.cmake).
inline constexpr const char* server_directory_variable = "PRISM_TEST_SERVERS";

/// What a test program needs to use the PostgreSQL server of its run of ctest. test_postgres writes
/// it and removes it.
struct server_file {
  /// The process of test_postgres that holds the server.
  db::process_identity holder;
  /// Without a database.
  std::string conninfo;

  [[nodiscard]] bool operator==(const server_file&) const = default;
};

/// The databases that the server has from its start.
inline constexpr const char* admin_database_name = "prism";
inline constexpr const char* migrated_template_name = "migrated_template";

/// The file of the run of ctest that is process `owner`: two runs in one build directory do not
/// meet.
[[nodiscard]] std::filesystem::path server_file_of(const std::filesystem::path& directory,
                                                   const db::process_identity& owner);

/// The owner that the name of a server file tells; nothing for other names.
[[nodiscard]] std::optional<db::process_identity> owner_of(const std::filesystem::path& file);

/// Nothing if there is no such file or it is damaged.
[[nodiscard]] std::optional<server_file> read_server_file(const std::filesystem::path& file);

/// Readers see the whole file or none. Throws std::runtime_error.
void write_server_file(const std::filesystem::path& file, const server_file& content);

} // namespace prism::test
