#pragma once

#include "db/pg/params.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <vector>

/// Lists of ids as statements take them.
namespace prism::db {

/// The ids in ascending order: statements lock rows in this order, so that two batches cannot
/// deadlock on them.
[[nodiscard]] inline std::vector<std::int64_t> sorted(const std::unordered_set<std::int64_t>& ids) {
  std::vector<std::int64_t> out{ids.begin(), ids.end()};
  std::ranges::sort(out);
  return out;
}

/// The parameters of a statement whose only one is a list of ids.
[[nodiscard]] inline params ids_param(const std::vector<std::int64_t>& ids) {
  params p;
  p.int8_array(ids);
  return p;
}

} // namespace prism::db
