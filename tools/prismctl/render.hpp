#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace prism::prismctl {

/// A column of a table: what stands above it, and the field that it shows; `a.b` is field b of
/// object a.
struct column {
  std::string_view title;
  std::string_view field;
};

/// A value as people read it: durations of fields that end in `_seconds`, sizes of `bytes`, and
/// text of strangers without control characters.
[[nodiscard]] std::string value_text(std::string_view field, const boost::json::value& value);

/// Rows with aligned columns.
[[nodiscard]] std::string table_text(const boost::json::array& rows,
                                     const std::vector<column>& columns);

/// An answer of a node as text: by the view's own form, else field by field.
[[nodiscard]] std::string answer_text(const boost::json::object& answer);

/// Field `path` of an object, as in `column`; null: there is none.
[[nodiscard]] const boost::json::value* find_field(const boost::json::object& in,
                                                   std::string_view path);

} // namespace prism::prismctl
