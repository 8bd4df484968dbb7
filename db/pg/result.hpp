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
/// Rows and columns count from 0. A getter returns zero or an empty view for NULL: use `is_null()`
/// or `opt_timestamptz()` where NULL is possible. A row or column out of range, or a type other
/// than the column's, is an error in the program and throws std::logic_error; transaction::run()
/// turns it into a rollback and a `fatal` error. Views are valid as long as the result. Move-only;
/// const methods are thread-safe.
class result {
public:
  /// No rows, no columns.
  result() noexcept;
  /// Takes ownership of `raw`.
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
  /// Also reads int2 and int4 columns.
  [[nodiscard]] std::int64_t get_int8(std::size_t row, std::size_t column) const;
  /// Reads columns of type text, varchar, char(n), name, json and enums.
  [[nodiscard]] std::string_view get_text(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::span<const std::byte> get_bytea(std::size_t row, std::size_t column) const;
  /// Microseconds since 1970-01-01T00:00:00Z. `infinity` is INT64_MAX, `-infinity` INT64_MIN.
  [[nodiscard]] std::int64_t get_timestamptz(std::size_t row, std::size_t column) const;

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
