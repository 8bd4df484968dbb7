#include "db/index/progress.hpp"
#include "db/index/streams.hpp"
#include "tests/integration/cluster/cluster_of_tests.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>

// How nodes join and leave.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using action = cluster::round_request::lease_action;

TEST_CASE("the first node finds shards of nobody, with a cursor each") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database);
  const auto table = must(a.join());
  CHECK(table.view == 1);
  CHECK(table.lead.holder.empty());
  REQUIRE(table.members.size() == 1);
  const auto& self = table.members.front();
  CHECK(self.id == a.who.id);
  CHECK(self.name == "a");
  CHECK(self.address == "127.0.0.1:7000");
  CHECK(self.version == "1.2.3");
  CHECK(self.protocol == cluster::protocol_range{1, 2});
  CHECK_FALSE(self.dead());
  CHECK_FALSE(self.draining);
  CHECK(self.expires_in > 50s);
  CHECK(self.expires_in <= 60s);
  REQUIRE(table.placement.size() == 4);
  CHECK(table.placement[3] == cluster::placed_shard{3, "", 1, false});
  CHECK(tokens(a.connection) == "0=1 1=1 2=1 3=1");
  CHECK(value(a.connection, "SELECT count(*) FROM streams") == "1");
}

TEST_CASE("a node takes the lease, leads, and the next one finds its table") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a");
  test_node b(database, "b");
  CHECK(a.lead().lead.epoch == 1);
  CHECK(a.place_all(a.who.id).view == 2);
  CHECK(tokens(a.connection) == "0=2 1=2 2=2 3=2");
  const auto table = must(b.join());
  CHECK(table.view == 2);
  CHECK(table.lead.holder == a.who.id);
  CHECK(table.members.size() == 2);
  CHECK(table.placement[0] == cluster::placed_shard{0, a.who.id, 2, false});
}

TEST_CASE("a node replaces the live one of its name, with its sessions and its lease") {
  const auto database = pg_fixture::migrated_database();
  test_node old(database, "a");
  old.lead();
  old.place_all(old.who.id);
  test_node young(database, "a");
  const auto table = must(young.join());
  CHECK(death_of(table, old.who.id) == "replaced");
  CHECK(death_of(table, young.who.id).empty());
  CHECK(table.lead.expires_in <= 0s);
  CHECK(must(young.round(ask(action::take))).lead.epoch == 2);
  // Its session was ended; on a new one it reads why.
  const auto ended = old.connection.exec("SELECT 1");
  CHECK_FALSE(ended);
  CHECK(death_of(must(old.round({.renew_member = true})), old.who.id) == "replaced");
  // It neither joins again under this id, nor takes the lease, nor renews.
  CHECK(death_of(must(old.join()), old.who.id) == "replaced");
  pass_time(young.connection, 2min);
  CHECK(must(old.round(ask(action::take))).lead.holder == young.who.id);
}
