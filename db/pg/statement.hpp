#pragma once

#include <initializer_list>
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
  statement(const char* name, const char* sql);

  /// Unique in the program and at most 63 bytes; shown in errors and logs.
  const char* name;
  /// One SQL command with $1, $2 … parameters.
  const char* sql;
};

/// A piece of SQL that several statements share.
struct sql_fragment {
  std::string_view name;
  std::string_view text;
};

/// Puts SQL together at the start of the program: each `{name}` of the pattern is replaced by the
/// fragment of that name, which may itself contain placeholders of later fragments.
/// @returns a text that is valid until the program ends. Any thread.
[[nodiscard]] const char* compose_sql(std::string_view pattern,
                                      std::initializer_list<sql_fragment> fragments);

/// A statement as it was registered.
struct registered_statement {
  std::string_view name;
  std::string_view sql;
};

/// Every statement of the program, sorted by name. Any thread.
[[nodiscard]] std::vector<registered_statement> all_statements();

} // namespace prism::db
