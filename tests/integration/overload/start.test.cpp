#include "tests/integration/running_node.hpp"
#include "tests/support/proxied_database.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

TEST_CASE("a database that is lost while a node starts is waited for, wherever that happens") {
  // The node ended with "cannot start" when the database went between its connection and its claim.
  const auto commit = GENERATE(range<std::uint64_t>(1, 4));
  const auto before = GENERATE(true, false);
  proxied_database database;
  if (before)
    database.proxy->cut_before_commit(commit);
  else
    database.proxy->cut_after_commit(commit);
  const auto running = start_node(node_settings("ws://127.0.0.1:1", database.conninfo));
  const auto stats = database.proxy->stats();
  CHECK(stats.cut_before_commit + stats.cut_after_commit == commit);
  CHECK(running->context().status.epoch > 0);
  CHECK(running->stop());
}
