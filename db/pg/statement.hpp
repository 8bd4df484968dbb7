#pragma once

#include <string_view>
#include <vector>

namespace prism::db {

/// A statement that each connection prepares on its first use there. Make it a constant at
/// namespace scope, with the SQL as a raw literal that can be pasted into psql:
///
///     const statement find_user{"find_user", R"sql(
///       SELECT id FROM users WHERE did = $1
///     )sql"};
///
/// Both texts must outlive the program's connections. The constructor adds the statement to
/// `all_statements`; copies are not added again.
struct statement {
  statement() = default;
  statement(const char* name, const char* sql);

  /// Unique in the program and at most 63 bytes; shown in errors and logs.
  const char* name{""};
  /// One SQL command with $1, $2 … parameters.
  const char* sql{""};
};

/// A statement as it was registered.
struct registered_statement {
  std::string_view name;
  std::string_view sql;
};

/// Every statement of the program, sorted by name. Any thread.
[[nodiscard]] std::vector<registered_statement> all_statements();

} // namespace prism::db
