#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace prism::test {

/// Databases for tests. Under ctest they are on the one server of the run (test_postgres), which
/// other tests use at the same time. A test program that is run by hand starts a server of its own
/// on first use, stops it at exit, and also when the program is killed (its directory is then
/// removed by the next one).
/// A server that cannot start fails the calling test with the reason. Any thread.
class pg_fixture {
public:
  /// A connection string to a new, empty database. It is dropped at exit.
  [[nodiscard]] static std::string fresh_database();

  /// A connection string to a new database with all migrations applied and without rows.
  [[nodiscard]] static std::string migrated_database();

  /// A connection string to the one database of this name. The first test program that asks for it
  /// makes it by `fill`, which gets a connection string to a migrated database; others wait for it.
  /// It is kept until the server stops, so tests may only read it or roll back.
  [[nodiscard]] static std::string
  kept_database(const std::string& name, const std::function<void(const std::string&)>& fill);

  /// A connection string to the server's own database, for an administrator's work.
  [[nodiscard]] static std::string admin_database();

  /// For a test that changes or exhausts what all databases of a server share (roles, connections):
  /// from now on this program uses a server of its own. Call it before the first database is made.
  static void use_own_server();
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
