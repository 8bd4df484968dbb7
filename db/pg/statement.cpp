#include "db/pg/statement.hpp"

#include <algorithm>
#include <mutex>

namespace prism::db {

namespace {

struct statement_list {
  std::mutex mutex;
  std::vector<registered_statement> statements;
};

// A function's static, since constants of other files register before this file's would exist.
[[nodiscard]] statement_list& registered() {
  static statement_list list;
  return list;
}

} // namespace

statement::statement(const char* statement_name, const char* text)
    : name(statement_name), sql(text) {
  auto& list = registered();
  const std::lock_guard lock(list.mutex);
  list.statements.push_back({name, sql});
}

std::vector<registered_statement> all_statements() {
  auto& list = registered();
  const std::lock_guard lock(list.mutex);
  auto out = list.statements;
  std::ranges::sort(out, {}, &registered_statement::name);
  return out;
}

} // namespace prism::db
