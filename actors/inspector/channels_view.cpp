#include "actors/inspector/views.hpp"

#include <map>

namespace prism::views {

namespace {

/// The series of all families that begin with `prefix`, as one row per value of `label`.
[[nodiscard]] view_data by_label(node_context& node, std::string_view prefix,
                                 std::string_view label, std::string_view word) {
  std::map<std::string, boost::json::object> rows;
  for (const auto& series : node.metrics.read(prefix))
    if (const auto found = series.labels.find(std::string{label}); found != series.labels.end()) {
      auto& row = rows[found->second];
      row[word] = found->second;
      auto name = series.family.substr(prefix.size());
      if (name.ends_with("_total"))
        name.resize(name.size() - 6);
      row[name] = series.value;
    }
  view_data out;
  boost::json::array listed;
  for (auto& [key, row] : rows)
    listed.push_back(std::move(row));
  out.data[std::string{word} + "s"] = std::move(listed);
  return out;
}

} // namespace

view_data channels(node_context& node) {
  return by_label(node, "prism_edge_", "edge", "channel");
}

view_data caches(node_context& node) {
  return by_label(node, "prism_cache_", "cache", "cache");
}

} // namespace prism::views
