#include "tests/integration/reads/promised.hpp"

#include <catch2/catch.hpp>

namespace prism::test {

namespace {

/// Plan nodes that read more than a page needs, or sort rows.
const std::set<std::string> forbidden{"Sort",      "Incremental Sort", "Seq Scan",
                                      "Hash Join", "Bitmap Heap Scan", "Merge Join",
                                      "Gather",    "Materialize"};

/// Above this cost PostgreSQL compiles the plan (JIT), which takes longer than most of these run.
constexpr double jit_above_cost = 100'000;

void check_plan(const plan& of, const index_names& indexes) {
  for (const auto& node : of.nodes) {
    INFO(node);
    CHECK(!forbidden.contains(node));
  }
  for (const auto& index : indexes) {
    INFO(index);
    CHECK(of.indexes.contains(index));
  }
  CHECK(of.cost < jit_above_cost);
}

} // namespace

void check_promised(const explaining_executor& explained, const promised_indexes& promised) {
  for (const auto& [statement, indexes] : promised) {
    INFO(statement);
    REQUIRE(explained.plans().contains(statement));
    for (const auto& each : explained.plans().at(statement))
      check_plan(each, indexes);
  }
  CHECK(explained.plans().size() == promised.size());
}

} // namespace prism::test
