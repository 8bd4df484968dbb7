#pragma once

#include "db/batch/batch.hpp"

#include <variant>

namespace prism::db {

/// Whether the columns are those of the operation's collection, as `fill_row` makes them; a removal
/// has none. `apply_batch` refuses a batch with any other operation before it writes rows of
/// records, and what writes these relies on that.
[[nodiscard]] bool has_its_columns(const op& operation) noexcept;

/// The columns of a create or update in a collection whose rows are a `Row`. Of any other
/// operation, which `has_its_columns` keeps out, an empty row.
template <class Row>
[[nodiscard]] const Row& columns_of(const op& operation) noexcept {
  static const Row none{};
  const auto* columns = std::get_if<Row>(&operation.columns);
  return columns == nullptr ? none : *columns;
}

} // namespace prism::db
