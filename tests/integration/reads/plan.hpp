#pragma once

#include <set>
#include <string>

namespace prism::test {

/// A plan of EXPLAIN (FORMAT JSON), all nodes together.
struct plan {
  std::set<std::string> nodes;       ///< "Index Scan", "Limit" …
  std::set<std::string> indexes;     ///< names of the indexes that are read
  std::set<std::string> seq_scanned; ///< tables that are read completely
  double cost{0};                    ///< the planner's estimate
};

/// Parses the output of EXPLAIN; throws an exception of Boost.JSON if it is anything else.
[[nodiscard]] plan read_plan(const std::string& json);

} // namespace prism::test
