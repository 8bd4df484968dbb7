#pragma once

#include "db/pg/row_reader.hpp"

#include <cstddef>
#include <cstdint>

namespace prism::db {

/// Marks an index, from 0, that is read from a column of WITH ORDINALITY, which counts from 1.
struct ordinal {
  explicit ordinal(std::size_t& index) noexcept : value(index) {}
  std::size_t& value;
};

inline row_reader& operator>>(row_reader& row, ordinal into) {
  std::int64_t number = 0;
  row >> number;
  into.value = static_cast<std::size_t>(number - 1);
  return row;
}
inline row_reader& operator>>(row_reader&& row, ordinal into) {
  return row >> into;
}

} // namespace prism::db
