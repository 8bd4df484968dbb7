#pragma once

#include "db/pg/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace prism::db {

/// Reads the columns of one row in the order of the SELECT or RETURNING list:
///
///     post out;
///     row_reader(rows, i) >> out.id >> out.creator_id >> timestamp(out.commit_time) >> out.text;
///
/// NULL gives zero or an empty value, as with `result`; an optional becomes empty. Views are valid
/// as long as the result. Reading past the last column, or with another type, throws
/// std::logic_error.
class row_reader {
public:
  row_reader(const result& rows, std::size_t row) noexcept : rows_(rows), row_(row) {}

  row_reader& operator>>(bool& value) { return set(value, rows_.get_bool(row_, next())); }
  row_reader& operator>>(std::int16_t& value) { return set(value, rows_.get_int2(row_, next())); }
  row_reader& operator>>(std::int32_t& value) { return set(value, rows_.get_int4(row_, next())); }
  row_reader& operator>>(std::int64_t& value) { return set(value, rows_.get_int8(row_, next())); }
  row_reader& operator>>(std::string& value) {
    value.assign(rows_.get_text(row_, next()));
    return *this;
  }
  row_reader& operator>>(std::string_view& value) {
    return set(value, rows_.get_text(row_, next()));
  }
  row_reader& operator>>(std::span<const std::byte>& value) {
    return set(value, rows_.get_bytea(row_, next()));
  }
  row_reader& operator>>(std::vector<std::byte>& value) {
    const auto bytes = rows_.get_bytea(row_, next());
    value.assign(bytes.begin(), bytes.end());
    return *this;
  }
  template <class T>
  row_reader& operator>>(std::optional<T>& value) {
    if (rows_.is_null(row_, column_)) {
      value.reset();
      ++column_;
      return *this;
    }
    return *this >> value.emplace();
  }

  /// An enum that is stored as its number.
  template <class Enum>
  requires std::is_enum_v<Enum> row_reader& operator>>(Enum& value) {
    std::underlying_type_t<Enum> number{};
    *this >> number;
    value = static_cast<Enum>(number);
    return *this;
  }

  /// Microseconds since 1970: the type that a timestamptz column is read as.
  row_reader& timestamp(std::int64_t& value) {
    return set(value, rows_.get_timestamptz(row_, next()));
  }
  row_reader& timestamp(std::optional<std::int64_t>& value) {
    return set(value, rows_.opt_timestamptz(row_, next()));
  }

  /// Leaves out one column.
  row_reader& skip() {
    ++column_;
    return *this;
  }

private:
  [[nodiscard]] std::size_t next() noexcept { return column_++; }
  template <class T>
  row_reader& set(T& value, T read) {
    value = read;
    return *this;
  }

  const result& rows_;
  std::size_t row_;
  std::size_t column_{0};
};

/// Marks a member (an integer or an optional of one) that is read from a timestamptz column.
template <class T>
struct timestamp {
  explicit timestamp(T& unix_us) noexcept : value(unix_us) {}
  T& value;
};
template <class T>
row_reader& operator>>(row_reader& row, timestamp<T> into) {
  return row.timestamp(into.value);
}
template <class T>
row_reader& operator>>(row_reader&& row, timestamp<T> into) {
  return row.timestamp(into.value);
}

/// Reads all rows: `read(row, columns)` fills one.
template <class Row, class Read>
[[nodiscard]] std::vector<Row> read_rows(const result& rows, Read read) {
  std::vector<Row> out(rows.rows());
  for (std::size_t i = 0; i < out.size(); ++i) {
    row_reader columns(rows, i);
    read(out[i], columns);
  }
  return out;
}

} // namespace prism::db
