#include "db/schema/migration.hpp"

#include <algorithm>
#include <cctype>

namespace prism::db {
namespace {

/// Scans an SQL text by lexical units.
class scanner {
public:
  explicit scanner(std::string_view sql) : sql_(sql) {}

  [[nodiscard]] bool at_end() const { return at_ >= sql_.size(); }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] bool at_semicolon() const { return sql_[at_] == ';'; }

  /// Skips one unit. @returns whether it is part of a statement, neither white space nor a comment.
  bool skip() {
    const auto rest = sql_.substr(at_);
    if (std::isspace(static_cast<unsigned char>(rest.front())) != 0)
      return advance(1), false;
    if (rest.starts_with("--"))
      return advance(rest.find('\n')), false;
    if (rest.starts_with("/*"))
      return skip_comment(), false;
    if (rest.front() == '\'')
      skip_quoted('\'', at_ > 0 && (sql_[at_ - 1] == 'E' || sql_[at_ - 1] == 'e'));
    else if (rest.front() == '"')
      skip_quoted('"', false);
    else if (rest.front() == '$')
      skip_dollar();
    else
      advance(1);
    return true;
  }

private:
  // To the end if `count` is npos.
  void advance(std::size_t count) { at_ += std::min(count, sql_.size() - at_); }

  // Comments nest.
  void skip_comment() {
    int depth = 0;
    do {
      const auto rest = sql_.substr(at_);
      const bool opens = rest.starts_with("/*");
      const bool closes = rest.starts_with("*/");
      depth += (opens ? 1 : 0) - (closes ? 1 : 0);
      advance(opens || closes ? 2 : 1);
    } while (depth > 0 && !at_end());
  }

  // A doubled quote ends one quoted text and begins another, with the same result.
  void skip_quoted(char quote, bool escapes) {
    advance(1);
    while (!at_end() && sql_[at_] != quote)
      advance(escapes && sql_[at_] == '\\' ? 2 : 1);
    advance(1);
  }

  // $tag$ … $tag$, or the $ of a parameter.
  void skip_dollar() {
    std::size_t end = at_ + 1;
    while (end < sql_.size() &&
           (std::isalnum(static_cast<unsigned char>(sql_[end])) != 0 || sql_[end] == '_'))
      ++end;
    const bool is_tag = end < sql_.size() && sql_[end] == '$' &&
                        std::isdigit(static_cast<unsigned char>(sql_[at_ + 1])) == 0;
    if (!is_tag)
      return advance(1);
    const auto tag = sql_.substr(at_, end + 1 - at_);
    const auto close = sql_.find(tag, end + 1);
    advance(close == std::string_view::npos ? close : close + tag.size() - at_);
  }

  std::string_view sql_;
  std::size_t at_{0};
};

} // namespace

std::vector<std::string_view> split_statements(std::string_view sql) {
  std::vector<std::string_view> statements;
  scanner scan(sql);
  std::size_t begin = 0;
  bool has_statement = false;
  while (!scan.at_end()) {
    const std::size_t at = scan.position();
    const bool ends = scan.at_semicolon();
    const bool is_statement = scan.skip();
    if (!ends) {
      if (is_statement && !has_statement)
        begin = at; // comments before the statement are left out
      has_statement = has_statement || is_statement;
      continue;
    }
    if (has_statement)
      statements.push_back(sql.substr(begin, at - begin));
    has_statement = false;
  }
  if (has_statement)
    statements.push_back(sql.substr(begin));
  return statements;
}

} // namespace prism::db
