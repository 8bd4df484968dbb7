#pragma once

#include "db/index/columns.hpp"
#include "db/index/relations.hpp"
#include "db/pg/statement.hpp"

#include <optional>
#include <string>
#include <vector>

/// The tables of relations with their statements. Only relations.cpp and the files beside it
/// include this.
namespace prism::db {

using relation_column = column<relation>;

/// The columns of past_pairs for a table's rows.
struct past_pair {
  const char* collection; ///< its number, with its name as a comment
  const char* first;
  const char* second;
};

/// A table: its columns without `duplicate`, and the two columns that make a pair.
struct relation_shape {
  atproto::collection kind;
  const char* table;
  std::vector<relation_column> columns;
  relation_column first;
  relation_column second;
  std::optional<past_pair> history; ///< null: deleted rows are not kept
};

/// A table with its statements (relation_statements.cpp).
struct relation_table {
  explicit relation_table(relation_shape of);

  relation_shape shape;
  statement remove;            ///< $1: creators, $2: rkeys, $3 with history: places of removal
  statement remove_by_subject; ///< $1: subjects
  statement insert;            ///< $1 …: the columns
  statement promote;           ///< $1, $2: the pairs
  statement subjects_of;       ///< $1: creators, $2: rkeys, $3: collection
  statement paths_of;          ///< $1: creator, $2: last place, $3: limit
};

/// All of them, in the order in which they are written (relation_tables.cpp).
[[nodiscard]] const std::vector<relation_table>& relation_tables() noexcept;

} // namespace prism::db
