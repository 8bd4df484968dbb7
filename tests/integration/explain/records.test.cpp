#include "db/inspect/explain.hpp"
#include "inspect/explanation_json.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using inspect::verdict;

TEST_CASE("a post is here, a like of it counts, and its text can be printed") {
  index_target target;
  firehose_builder scenario;
  const auto p1 = scenario.post("alice", "p1");
  const auto l1 = scenario.like("bob", "l1", p1);
  const auto l2 = scenario.like("bob", "l2", p1);
  target.apply(scenario.take(), 10);
  const auto answer = must(db::explain(target.connection, p1.uri));
  CHECK(answer.answer == verdict::here);
  CHECK_THAT(inspect::to_text(answer), Catch::Contains("posts since seq 1"));
  CHECK(must(db::explain(target.connection, l1.uri)).answer == verdict::here);
  CHECK(must(db::explain(target.connection, l2.uri)).answer == verdict::here_not_counted);
}
