#include "tests/integration/cluster/cluster_of_tests.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>

// What operators order.

using namespace prism;
using namespace prism::test;
using Catch::Matchers::Contains;

namespace {

struct placed_nodes {
  std::string database = pg_fixture::migrated_database();
  test_node a{database, "a"};
  test_node b{database, "b"};
  db::connection other = connect_to(database);

  placed_nodes() {
    a.lead();
    must(b.join());
    a.place_all(a.who.id);
  }
  [[nodiscard]] cluster::table read() { return must(db::read_cluster(other, test_service)); }
};

void check_refused(const db::outcome<void>& done, const std::string& why) {
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == db::no_such_member_state);
  CHECK_THAT(done.error().message, Contains(why));
}

} // namespace

TEST_CASE("a shard is moved to a member at once, and pinned there") {
  placed_nodes on;
  must(db::move_shard(on.other, {}, test_service, 2, "b"));
  auto table = on.read();
  CHECK(table.view == 3);
  CHECK(table.placement[2] == cluster::placed_shard{2, on.b.who.id, 3, true});
  CHECK(tokens(on.other) == "0=2 1=2 2=3 3=2");
  // Again, and to where it is: nothing moves.
  must(db::move_shard(on.other, {}, test_service, 2, "b"));
  must(db::move_shard(on.other, {}, test_service, 1, "a"));
  table = on.read();
  CHECK(table.view == 3);
  CHECK(table.placement[1] == cluster::placed_shard{1, on.a.who.id, 2, true});
  must(db::unpin_shard(on.other, {}, test_service, 2));
  CHECK(on.read().placement[2] == cluster::placed_shard{2, on.b.who.id, 3, false});
}

TEST_CASE("a member drains by order, until it is gone") {
  placed_nodes on;
  must(db::drain_member(on.other, {}, test_service, "b"));
  must(db::drain_member(on.other, {}, test_service, "b"));
  CHECK(member_of(on.read(), on.b.who.id).draining);
  CHECK_FALSE(member_of(on.read(), on.a.who.id).draining);
  // The next one of that name does not.
  test_node next(on.database, "b");
  CHECK_FALSE(member_of(must(next.join()), next.who.id).draining);
}

TEST_CASE("a drain can be taken back from a member that is there") {
  placed_nodes on;
  must(db::drain_member(on.other, {}, test_service, "b"));
  must(db::drain_member(on.other, {}, test_service, "b", false));
  CHECK_FALSE(member_of(on.read(), on.b.who.id).draining);
  must(db::move_shard(on.other, {}, test_service, 2, "b"));
  CHECK(on.read().placement[2].node == on.b.who.id);
  must(db::leave_cluster(on.b.connection, {}, test_service, on.b.who.id));
  check_refused(db::drain_member(on.other, {}, test_service, "b", false), "no node b takes part");
}

TEST_CASE("orders about what is not there are refused and change nothing") {
  placed_nodes on;
  check_refused(db::move_shard(on.other, {}, test_service, 2, "c"), "no node c takes part");
  check_refused(db::move_shard(on.other, {}, test_service, 4, "b"), "has no shard 4");
  check_refused(db::move_shard(on.other, {}, "wss://none", 0, "b"), "no node b takes part");
  check_refused(db::unpin_shard(on.other, {}, test_service, -1), "has no shard -1");
  check_refused(db::drain_member(on.other, {}, test_service, "c"), "no node c takes part");
  must(db::drain_member(on.other, {}, test_service, "b"));
  check_refused(db::move_shard(on.other, {}, test_service, 2, "b"), "node b is draining");
  must(db::leave_cluster(on.b.connection, {}, test_service, on.b.who.id));
  check_refused(db::move_shard(on.other, {}, test_service, 2, "b"), "no node b takes part");
  check_refused(db::drain_member(on.other, {}, test_service, "b"), "no node b takes part");
  CHECK(on.read().view == 2);
  CHECK(tokens(on.other) == "0=2 1=2 2=2 3=2");
}
