#pragma once

#include "db/pg/params.hpp"
#include "db/pg/result.hpp"
#include "db/pg/sqlstate.hpp"
#include "db/pg/statement.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::db {

/// One statement of a round trip: `prepared`, or `sql` if that is null. `values` may be null.
struct request {
  const statement* prepared{nullptr};
  const char* sql{nullptr};
  const params* values{nullptr};

  /// Its name in error messages.
  [[nodiscard]] std::string label() const;
};

/// Runs statements: a connection, or a transaction on it. Query functions take an `executor&` and
/// so work with both. Not thread-safe; blocks until the server has answered.
class executor {
public:
  virtual ~executor() = default;

  /// Runs `requests` in one round trip and returns their results in order. The first error is
  /// returned; the server skips the requests after it.
  [[nodiscard]] virtual outcome<std::vector<result>>
  round_trip(std::span<const request> requests) = 0;

  /// Runs SQL text of any number of commands and discards their results, for migrations and set-up.
  [[nodiscard]] virtual outcome<void> exec_script(const std::string& sql) = 0;

  /// Runs one SQL command without preparing it.
  [[nodiscard]] outcome<result> exec(const std::string& sql);
  [[nodiscard]] outcome<result> exec(const std::string& sql, const params& values);

  /// Runs a statement that the connection prepares on first use.
  [[nodiscard]] outcome<result> exec_prepared(const statement& prepared);
  [[nodiscard]] outcome<result> exec_prepared(const statement& prepared, const params& values);

protected:
  executor() = default;
  executor(const executor&) = default;
  executor(executor&&) = default;
  executor& operator=(const executor&) = default;
  executor& operator=(executor&&) = default;

private:
  [[nodiscard]] outcome<result> run_one(const request& single);
};

} // namespace prism::db
