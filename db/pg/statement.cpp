#include "db/pg/statement.hpp"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <mutex>
#include <string>

namespace prism::db {

namespace {

struct statement_list {
  std::mutex mutex;
  std::vector<registered_statement> statements;
  std::deque<std::string> composed; // a deque, so that the texts keep their addresses
};

// A static in a function, since constants of other files may register before those of this file are
// initialised.
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

const char* compose_sql(std::string_view pattern, std::initializer_list<sql_fragment> fragments) {
  std::string text{pattern};
  for (const auto& [name, replacement] : fragments) {
    const auto placeholder = fmt::format("{{{}}}", name);
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + replacement.size()))
      text.replace(at, placeholder.size(), replacement);
  }
  auto& list = registered();
  const std::lock_guard lock(list.mutex);
  return list.composed.emplace_back(std::move(text)).c_str();
}

std::vector<registered_statement> all_statements() {
  auto& list = registered();
  const std::lock_guard lock(list.mutex);
  auto out = list.statements;
  std::ranges::sort(out, {}, &registered_statement::name);
  return out;
}

} // namespace prism::db
