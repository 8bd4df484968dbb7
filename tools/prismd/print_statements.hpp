#pragma once

#include <string>

namespace prism::tools {

/// Every SQL statement of this program as a command for psql, sorted by name: `PREPARE name AS …;`,
/// to be followed by EXECUTE or EXPLAIN EXECUTE. A command that PREPARE does not take (BEGIN,
/// COMMIT) is a comment.
[[nodiscard]] std::string statements_text();

} // namespace prism::tools
