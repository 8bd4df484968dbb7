#include "actors/runtime/replication.hpp"

#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

TEST_CASE("a node whose commits are on the primary only is not ready until one is replicated") {
  const log_capture log;
  node_context node({}, metrics::registry_options{});
  const auto problems = [&] { return node.status.facts().problems.size(); };
  const auto before = std::chrono::steady_clock::now();
  report_replicated(node, before);
  CHECK(problems() == 0);
  report_unreplicated(node);
  report_unreplicated(node);
  CHECK(node.metrics.database().unreplicated->Value() == 2);
  CHECK(log.count("warning commits are on the primary only") == 1);
  CHECK(node.status.facts().problems.count("replication") == 1);
  // It began before the report: its place in the log may be before that of the commit in question.
  report_replicated(node, before);
  CHECK(problems() == 1);
  report_replicated(node, std::chrono::steady_clock::now() + std::chrono::milliseconds{1});
  CHECK(problems() == 0);
  CHECK(log.count("commits are replicated again") == 1);
  report_unreplicated(node);
  CHECK(log.count("commits are on the primary only") == 2);
}
