#pragma once

#include "inspect/explanation.hpp"

#include <boost/json/object.hpp>
#include <string>

namespace prism::explanations {

/// The answer as JSON: {"subject", "uri", "verdict", "sentence", "advice", "truncated", "checks":
/// [{"what", "result", "detail", "at", "place"}], "rows": [{"table", "columns": {…}}]}. `at` is RFC
/// 3339 in UTC; what is not known is absent. Any thread.
[[nodiscard]] boost::json::object to_json(const explanation& of);

/// The answer for people: the verdict, one aligned line per check with "yes", "no", "unknown" or
/// "-", and the rows. Ends with a newline. Any thread.
/// @param json what `to_json` made, also of another version: members that are absent, unknown or of
/// another type are left out. Control characters are replaced.
[[nodiscard]] std::string to_text(const boost::json::object& json);
[[nodiscard]] std::string to_text(const explanation& of);

} // namespace prism::explanations
