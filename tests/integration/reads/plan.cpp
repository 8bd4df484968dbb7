#include "tests/integration/reads/plan.hpp"

#include <boost/json.hpp>

namespace prism::test {

namespace {

void walk(const boost::json::object& node, plan& into) {
  const std::string type{node.at("Node Type").as_string()};
  into.nodes.insert(type);
  if (const auto* index = node.if_contains("Index Name"))
    into.indexes.emplace(index->as_string());
  if (type == "Seq Scan")
    into.seq_scanned.emplace(node.at("Relation Name").as_string());
  if (const auto* children = node.if_contains("Plans"))
    for (const auto& child : children->as_array())
      walk(child.as_object(), into);
}

} // namespace

plan read_plan(const std::string& json) {
  const auto answer = boost::json::parse(json);
  const auto& root = answer.as_array().at(0).at("Plan").as_object();
  plan out;
  out.cost = root.at("Total Cost").to_number<double>();
  walk(root, out);
  return out;
}

} // namespace prism::test
