#pragma once

#include "db/pg/pg_type.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

struct pg_result; // libpq's PGresult

namespace prism::db {

/// The rows of one finished statement, in binary format.
///
/// Rows and columns count from 0. A getter of a NULL gives zero or an empty view: ask `is_null()`
/// or use the `opt_` form where NULL can be. Asking for a row or column that is not there, or for
/// another type than the column has, is an error in the program and throws std::logic_error;
/// transaction::run() turns that into a rollback and a `fatal` error.
/// Views live as long as the result. Move-only; const methods may be used by several threads.
class result {
public:
  /// No rows, no columns.
  result() noexcept;
  /// Takes ownership of libpq's result.
  explicit result(pg_result* raw) noexcept;
  ~result();
  result(result&&) noexcept;
  result& operator=(result&&) noexcept;

  [[nodiscard]] std::size_t rows() const noexcept;
  [[nodiscard]] std::size_t columns() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return rows() == 0; }

  /// Rows inserted, updated, deleted or selected; 0 for other commands.
  [[nodiscard]] std::uint64_t affected_rows() const noexcept;

  /// The command tag: "INSERT 0 5", "COMMIT" …
  [[nodiscard]] std::string_view command_tag() const noexcept;

  [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const;

  [[nodiscard]] bool get_bool(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::int16_t get_int2(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::int32_t get_int4(std::size_t row, std::size_t column) const;
  /// Also widens an int2 or int4 column.
  [[nodiscard]] std::int64_t get_int8(std::size_t row, std::size_t column) const;
  /// Columns of text, varchar, char(n), name, json and enum types.
  [[nodiscard]] std::string_view get_text(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::span<const std::byte> get_bytea(std::size_t row, std::size_t column) const;
  /// Microseconds since the Unix epoch. `infinity` is INT64_MAX, `-infinity` INT64_MIN.
  [[nodiscard]] std::int64_t get_timestamptz(std::size_t row, std::size_t column) const;

  [[nodiscard]] std::optional<std::int64_t> opt_int8(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::optional<std::string_view> opt_text(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::optional<std::span<const std::byte>> opt_bytea(std::size_t row,
                                                                    std::size_t column) const;
  [[nodiscard]] std::optional<std::int64_t> opt_timestamptz(std::size_t row,
                                                            std::size_t column) const;

private:
  struct clear {
    void operator()(pg_result* raw) const noexcept;
  };

  [[nodiscard]] std::string_view cell(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::string_view cell(std::size_t row, std::size_t column, pg_type type) const;

  std::unique_ptr<pg_result, clear> raw_;
};

} // namespace prism::db
