#include "db/accounts/purge.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

// A PDS may send a commit of an account behind the account's deletion, which is carried out when it
// is confirmed: in the official order all that was before is gone by then.

using namespace prism;
using namespace prism::test;

TEST_CASE("a profile written behind its account's deletion is a new one, though that waits") {
  const std::string path = "app.bsky.actor.profile/self";
  const auto batch = GENERATE(1, 500);
  firehose_builder events;
  const auto list = events.list("alice", "l", {{"purpose", "app.bsky.graph.defs#referencelist"}});
  const auto pack = events.create(
      "alice", "app.bsky.graph.starterpack/pack",
      {{"$type", "app.bsky.graph.starterpack"}, {"name", "a pack"}, {"list", list.uri}});
  const firehose_builder::fields joined{{"$type", "app.bsky.actor.profile"},
                                        {"joinedViaStarterPack", ref_to(pack)}};
  const firehose_builder::fields alone{{"$type", "app.bsky.actor.profile"}, {"displayName", "Bob"}};
  events.create("bob", path, alone);
  int told = 0;
  SECTION("behind it") {
    events.account("bob", false, "deleted");
    events.update("bob", path, joined);
    told = 1;
  }
  SECTION("once") {
    events.account("bob", false, "deleted");
    events.update("bob", path, alone);
    events.update("bob", path, joined);
  }
  SECTION("before it") {
    events.update("bob", path, joined);
    events.account("bob", false, "deleted");
  }
  SECTION("not the account's") {
    events.account("carol", false, "deleted");
    events.update("bob", path, joined);
  }
  index_target target;
  target.verify_deletions = true;
  target.apply(events.take(), batch);
  CHECK(target.count("notifications WHERE reason = 9") == told);
  auto tasks = must(db::claim_identity_tasks(target.connection, target.writer.node, 10'000,
                                             std::chrono::minutes{1}, {}))
                   .tasks;
  std::erase_if(tasks, [](const auto& each) { return each.kind != db::identity_kind::deletion; });
  REQUIRE(tasks.size() == 1);
  must(db::purge_confirmed(target.connection, {}, {tasks[0], "test", 0, target.writer.node}));
  CHECK(target.count("notifications WHERE reason = 9") == told);
}
