#pragma once

#include "db/embedded/embedded_postgres.hpp"
#include "tests/support/pg_fixture.hpp"

#include <optional>

namespace prism::test {

/// A PostgreSQL server for tests in a directory of its own, which goes with it. No fsync: nobody
/// reads its data again. Stops with the object, or with this process however that ends.
class test_server {
public:
  /// Throws std::runtime_error with the reason if the server cannot start.
  explicit test_server(int max_connections);

  [[nodiscard]] const db::embedded_postgres& get() const { return *server_; }

private:
  scratch_directory directory_; // before the server, which stops first
  std::optional<db::embedded_postgres> server_;
};

} // namespace prism::test
