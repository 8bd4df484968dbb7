#include "tests/integration/statements/numbers.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <regex>

namespace prism::test {

namespace {

using match = std::match_results<std::string_view::const_iterator>;
using matches = std::regex_iterator<std::string_view::const_iterator>;

[[nodiscard]] numbered_names read_enum(const std::string& column, const std::string& header,
                                       const std::string& name) {
  std::ifstream file(PRISM_SOURCE_DIR + ("/" + header));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto begin = text.find("enum class " + name);
  REQUIRE(begin != std::string::npos);
  const auto body = std::string_view(text).substr(begin, text.find("};", begin) - begin);
  numbered_names out{column, {}};
  static const std::regex enumerator(R"((\w+) = (\d+),)");
  for (matches it(body.begin(), body.end(), enumerator), end; it != end; ++it)
    out.name_of_number[it->str(2)] = it->str(1);
  REQUIRE(out.name_of_number.size() > 5);
  return out;
}

// What a column is compared with: one number, or the inside of IN (…).
[[nodiscard]] std::regex comparison(const std::string& column) {
  return std::regex(
      R"(\b)" + column +
          R"(\s*(?:(?:=|<>|<=|>=|<|>)\s*(\d+(?:\s*/\*[^*]*\*/)?)|(?:NOT\s+)?IN\s*\(([^()]*)\)))",
      std::regex::icase);
}

[[nodiscard]] std::string compared(const match& found) {
  return found[1].matched ? found.str(1) : found.str(2);
}

/// The column of these whose name is nearest before a place; null if none is before it.
[[nodiscard]] const numbered_names* nearest_before(std::string_view sql, std::size_t place,
                                                   const std::vector<numbered_names>& columns) {
  const numbered_names* out = nullptr;
  std::size_t latest = 0;
  for (const auto& each : columns) {
    const auto at = sql.substr(0, place).rfind(each.column);
    if (at != std::string_view::npos && (out == nullptr || at > latest)) {
      out = &each;
      latest = at;
    }
  }
  return out;
}

} // namespace

std::vector<numbered_names> columns_with_numbers() {
  return {read_enum("collection", "atproto/records/collection.hpp", "collection"),
          read_enum("reason", "db/batch/notification.hpp", "notification_reason")};
}

std::vector<std::string> wrong_numbers(std::string_view sql,
                                       const std::vector<numbered_names>& columns) {
  std::vector<std::string> out;
  static const std::regex named(R"(\b(\d+)\s*/\*\s*(\w+)\s*\*/)");
  for (matches it(sql.begin(), sql.end(), named), end; it != end; ++it) {
    const auto* column = nearest_before(sql, static_cast<std::size_t>(it->position()), columns);
    if (column == nullptr || !column->name_of_number.contains(it->str(1)) ||
        column->name_of_number.at(it->str(1)) != it->str(2))
      out.push_back(fmt::format("{} is not a {}", it->str(),
                                column == nullptr ? "number of an enum" : column->column));
  }
  static const std::regex unnamed(R"((?:^|[^$\w])\d+\b(?!\s*/\*))");
  for (const auto& column : columns) {
    const auto pattern = comparison(column.column);
    for (matches it(sql.begin(), sql.end(), pattern), end; it != end; ++it)
      if (std::regex_search(compared(*it), unnamed))
        out.push_back(fmt::format("'{}' has a number without its name", it->str()));
  }
  static const std::regex unnamed_case(R"(\bWHEN\s+\d+\b(?!\s*/\*))");
  for (matches it(sql.begin(), sql.end(), unnamed_case), end; it != end; ++it)
    out.push_back(fmt::format("'{}' has a number without its name", it->str()));
  return out;
}

std::vector<std::string> compared_numbers(std::string_view sql, const std::string& column) {
  std::vector<std::string> out;
  static const std::regex noise(R"(/\*[^*]*\*/|\s)");
  const auto pattern = comparison(column);
  for (matches it(sql.begin(), sql.end(), pattern), end; it != end; ++it)
    out.push_back(std::regex_replace(compared(*it), noise, ""));
  return out;
}

} // namespace prism::test
