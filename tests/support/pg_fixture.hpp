#pragma once

#include <filesystem>
#include <string>

namespace prism::test {

/// The private PostgreSQL server of this test program. Started on first use in a directory of its
/// own under the system's temporary one, without fsync; stopped and removed at exit, and also when
/// the program is killed (its directory is then removed by the next one).
/// A server that cannot start fails the calling test with the reason. Any thread.
class pg_fixture {
public:
  /// A connection string to a new, empty database.
  [[nodiscard]] static std::string fresh_database();

  /// A connection string to the server's own database, for an administrator's work.
  [[nodiscard]] static std::string admin_database();
};

/// A new empty directory that goes away with the object.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace prism::test
