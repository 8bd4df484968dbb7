#pragma once

#include "db/pg/params.hpp"
#include "db/pg/row_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string>
#include <vector>

/// Columns of tables that differ in a few columns only: name, parameter and reader.
namespace prism::db {

/// One column of a table whose rows are `Row`.
template <class Row>
struct column {
  const char* name;
  const char* type;   ///< of the array that is sent
  const char* select; ///< the expression for the value; the name if it needs no cast
  void (*bind)(params&, const std::vector<Row>&);
  void (*read)(Row&, row_reader&); ///< null: the column is never read back
};

/// The struct of a pointer to a member.
template <class>
struct struct_of;
template <class Row, class Value>
struct struct_of<Value Row::*> {
  using type = Row;
};
template <auto Member>
using row_of = typename struct_of<decltype(Member)>::type;

template <auto Member>
void read_member(row_of<Member>& row, row_reader& from) {
  from >> row.*Member;
}

template <auto Member>
[[nodiscard]] constexpr column<row_of<Member>> int8_column(const char* name) {
  return {name, "int8", name,
          [](params& p, const std::vector<row_of<Member>>& rows) { p.int8_array(rows, Member); },
          read_member<Member>};
}
template <auto Member>
[[nodiscard]] constexpr column<row_of<Member>> text_column(const char* name) {
  return {name, "text", name,
          [](params& p, const std::vector<row_of<Member>>& rows) { p.text_array(rows, Member); },
          read_member<Member>};
}
template <auto Member>
[[nodiscard]] constexpr column<row_of<Member>> bytea_column(const char* name) {
  return {name, "bytea", name,
          [](params& p, const std::vector<row_of<Member>>& rows) { p.bytea_array(rows, Member); },
          read_member<Member>};
}
template <auto Member>
[[nodiscard]] constexpr column<row_of<Member>> timestamptz_column(const char* name) {
  return {
      name, "timestamptz", name,
      [](params& p, const std::vector<row_of<Member>>& rows) { p.timestamptz_array(rows, Member); },
      [](row_of<Member>& row, row_reader& from) { from >> timestamp(row.*Member); }};
}

/// The columns of a table as pieces of SQL.
struct column_lists {
  std::string names;    ///< a, b
  std::string arrays;   ///< $1::int8[], $2::text[]
  std::string selected; ///< a, b::jsonb
  std::string of_t;     ///< t.a, t.b
};

template <class Row>
[[nodiscard]] column_lists lists_of(const std::vector<column<Row>>& columns) {
  std::vector<std::string> names;
  std::vector<std::string> arrays;
  std::vector<std::string> selected;
  std::vector<std::string> of_t;
  for (const auto& each : columns) {
    names.emplace_back(each.name);
    arrays.push_back(fmt::format("${}::{}[]", arrays.size() + 1, each.type));
    selected.emplace_back(each.select);
    of_t.push_back(fmt::format("t.{}", each.name));
  }
  const auto joined = [](const auto& texts) { return fmt::format("{}", fmt::join(texts, ", ")); };
  return {joined(names), joined(arrays), joined(selected), joined(of_t)};
}

} // namespace prism::db
