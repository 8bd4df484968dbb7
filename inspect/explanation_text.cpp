#include "inspect/explanation_json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace prism::explanations {

namespace {

/// A text member on one line; empty if there is none.
[[nodiscard]] std::string text(const boost::json::object& of, std::string_view name) {
  const auto* value = of.if_contains(name);
  if (value == nullptr || value->is_null())
    return {};
  std::string out = value->is_string() ? std::string{value->as_string()} : serialize(*value);
  std::ranges::replace_if(
      out, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

[[nodiscard]] const boost::json::array& list(const boost::json::object& of, std::string_view name) {
  static const boost::json::array none;
  const auto* value = of.if_contains(name);
  return value != nullptr && value->is_array() ? value->as_array() : none;
}

[[nodiscard]] std::string check_line(const boost::json::object& check, std::size_t width) {
  auto result = text(check, "result");
  if (result == "not_applicable")
    result = "-";
  auto found = text(check, "detail");
  if (const auto at = text(check, "at"); !at.empty())
    found += fmt::format("{}{}", found.empty() ? "" : "; ", at);
  if (const auto place = text(check, "place"); !place.empty())
    found += fmt::format("{}place {}", found.empty() ? "" : ", ", place);
  auto line = fmt::format("  {:<8}{:<{}}  {}", result, text(check, "what"), width, found);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

[[nodiscard]] std::string row_line(const boost::json::object& row) {
  auto line = fmt::format("  {}:", text(row, "table"));
  if (const auto* columns = row.if_contains("columns"); columns != nullptr && columns->is_object())
    for (const auto& [name, value] : columns->as_object())
      line += fmt::format(" {}={}", std::string_view{name}, text(columns->as_object(), name));
  return line + "\n";
}

} // namespace

std::string to_text(const boost::json::object& json) {
  const auto uri = text(json, "uri");
  auto out = fmt::format("{}: {}\n{}\n", uri.empty() ? text(json, "subject") : uri,
                         text(json, "verdict"), text(json, "sentence"));
  if (const auto advice = text(json, "advice"); !advice.empty())
    out += fmt::format("To do: {}\n", advice);
  const auto& checks = list(json, "checks");
  std::size_t width = 0;
  for (const auto& each : checks)
    if (each.is_object())
      width = std::max(width, text(each.as_object(), "what").size());
  if (!checks.empty())
    out += "\nChecks:\n";
  for (const auto& each : checks)
    if (each.is_object())
      out += check_line(each.as_object(), width);
  const auto& rows = list(json, "rows");
  if (!rows.empty())
    out += "\nRows:\n";
  for (const auto& each : rows)
    if (each.is_object())
      out += row_line(each.as_object());
  if (text(json, "truncated") == "true")
    out += "\nThere are more rows than these.\n";
  return out;
}

std::string to_text(const explanation& of) {
  return to_text(to_json(of));
}

} // namespace prism::explanations
