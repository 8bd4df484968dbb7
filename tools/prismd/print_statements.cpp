#include "tools/prismd/print_statements.hpp"

#include "db/pg/statement.hpp"

#include <boost/algorithm/string/trim.hpp>
#include <fmt/format.h>
#include <string>
#include <string_view>

namespace prism::tools {

namespace {

/// Whether PREPARE takes it: a query, not a command of a transaction.
[[nodiscard]] bool can_be_prepared(std::string_view sql) {
  return !sql.starts_with("BEGIN") && !sql.starts_with("COMMIT");
}

} // namespace

std::string statements_text() {
  std::string out;
  for (const auto& [name, sql] : db::all_statements()) {
    const auto text = boost::algorithm::trim_copy(std::string(sql));
    out += can_be_prepared(text) ? fmt::format("PREPARE {} AS\n  {};\n\n", name, text)
                                 : fmt::format("-- {}: {};\n\n", name, text);
  }
  return out;
}

} // namespace prism::tools
