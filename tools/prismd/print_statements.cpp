#include "tools/prismd/print_statements.hpp"

#include "db/pg/statement.hpp"

#include <fmt/format.h>
#include <string_view>

namespace prism::tools {

namespace {

/// The text without white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(space) + 1 - first);
}

/// Whether PREPARE takes it: a query, not a command of a transaction.
[[nodiscard]] bool can_be_prepared(std::string_view sql) {
  return !sql.starts_with("BEGIN") && !sql.starts_with("COMMIT");
}

} // namespace

std::string statements_text() {
  std::string out;
  for (const auto& [name, sql] : db::all_statements()) {
    const auto text = trimmed(sql);
    out += can_be_prepared(text) ? fmt::format("PREPARE {} AS\n  {};\n\n", name, text)
                                 : fmt::format("-- {}: {};\n\n", name, text);
  }
  return out;
}

} // namespace prism::tools
