#pragma once

#include "db/pg/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::db {

/// Reads the columns of one row in the order of the SELECT or RETURNING list:
///
///     post out;
///     row_reader(rows, i) >> out.id >> out.creator_id >> timestamp(out.commit_time) >> out.text;
///
/// NULL gives zero or an empty value, as with `result`; an optional becomes empty. Views live as
/// long as the result. A column too many, or of another type, throws std::logic_error.
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

  /// Microseconds since 1970: the type that a timestamptz column is read as.
  row_reader& timestamp(std::int64_t& value) {
    return set(value, rows_.get_timestamptz(row_, next()));
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

/// Marks a member that is read from a timestamptz column.
struct timestamp {
  explicit timestamp(std::int64_t& unix_us) noexcept : value(unix_us) {}
  std::int64_t& value;
};
inline row_reader& operator>>(row_reader& row, timestamp into) {
  return row.timestamp(into.value);
}
inline row_reader& operator>>(row_reader&& row, timestamp into) {
  return row.timestamp(into.value);
}

} // namespace prism::db
