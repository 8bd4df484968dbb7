#include "inspect/explanation_json.hpp"

#include <boost/json/array.hpp>

namespace prism::explanations {

boost::json::object to_json(const explanation& of) {
  boost::json::array checks;
  for (const auto& each : of.checks) {
    boost::json::object out{{"what", each.what}, {"result", to_string(each.result)}};
    if (!each.detail.empty())
      out["detail"] = each.detail;
    if (each.at)
      out["at"] = time_text(*each.at);
    if (each.place)
      out["place"] = *each.place;
    checks.push_back(std::move(out));
  }
  boost::json::array rows;
  for (const auto& each : of.rows) {
    boost::json::object columns;
    for (const auto& [name, value] : each.columns)
      columns[name] = value;
    rows.push_back(boost::json::object{{"table", each.table}, {"columns", std::move(columns)}});
  }
  return {
      {"subject", of.subject},       {"uri", of.uri},          {"verdict", to_string(of.answer)},
      {"sentence", of.sentence},     {"advice", of.advice},    {"truncated", of.truncated},
      {"checks", std::move(checks)}, {"rows", std::move(rows)}};
}

} // namespace prism::explanations
