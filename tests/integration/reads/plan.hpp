#pragma once

#include <set>
#include <string>

namespace prism::test {

/// What an EXPLAIN (FORMAT JSON) says of a plan, all nodes together.
struct plan {
  std::set<std::string> nodes;       ///< "Index Scan", "Limit" …
  std::set<std::string> indexes;     ///< names of those that are read
  std::set<std::string> seq_scanned; ///< tables that are read as a whole
  double cost{0};                    ///< the planner's estimate
};

/// Reads EXPLAIN's answer; throws what Boost.JSON throws if it is something else.
[[nodiscard]] plan read_plan(const std::string& json);

} // namespace prism::test
