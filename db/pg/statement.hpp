#pragma once

namespace prism::db {

/// A statement that is prepared once per connection, on its first use there.
/// Make it a static constant: both texts must outlive every connection.
///
///     constexpr statement find_user{"find_user", "select id from users where did = $1"};
struct statement {
  /// Unique in the program and at most 63 bytes; shown in errors and logs.
  const char* name;
  /// One SQL command with $1, $2 … parameters.
  const char* sql;
};

} // namespace prism::db
