#pragma once

#include "db/pg/executor.hpp"
#include "db/pg/row_reader.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace prism::db {

/// Runs the statements of one explanation. The first error is kept, and everything after it finds
/// nothing, so that the caller asks once at the end.
class lookup {
public:
  explicit lookup(executor& on) : on_(on) {}

  /// The rows of a statement; `read(row, columns)` fills one.
  template <class Row, class Read>
  [[nodiscard]] std::vector<Row> rows(const statement& what, const params& values, Read read) {
    if (error_)
      return {};
    const auto found = on_.exec_prepared(what, values);
    if (!found) {
      error_ = found.error();
      return {};
    }
    return read_rows<Row>(*found, read);
  }

  /// The first row, if there is one.
  template <class Row, class Read>
  [[nodiscard]] std::optional<Row> row(const statement& what, const params& values, Read read) {
    auto found = rows<Row>(what, values, read);
    return found.empty() ? std::nullopt : std::optional<Row>{std::move(found.front())};
  }

  /// The one number of a statement; 0 without a row.
  [[nodiscard]] std::int64_t number(const statement& what, const params& values) {
    return row<std::int64_t>(what, values, [](std::int64_t& out, row_reader& in) { in >> out; })
        .value_or(0);
  }

  [[nodiscard]] const std::optional<db_error>& error() const noexcept { return error_; }

private:
  executor& on_;
  std::optional<db_error> error_;
};

} // namespace prism::db
