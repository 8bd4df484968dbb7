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

TEST_CASE("the first node finds shards without an owner, each with a cursor") {
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
  CHECK(self.ttl == 60s);
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

TEST_CASE("a node that joins twice, since it had no answer, has joined once") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database);
  a.lead();
  a.place_all(a.who.id);
  const auto table = must(a.join());
  CHECK(table.members.size() == 1);
  CHECK(table.view == 2);
  CHECK(table.placement[0].node == a.who.id);
}

TEST_CASE(
    "the table says each member's ttl, also of dead ones, and 0 of one that did not write it") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a");
  test_node b(database, "b");
  b.who.ttl = 3s;
  must(a.join());
  const auto table = must(b.join());
  CHECK(member_of(table, a.who.id).ttl == 60s);
  CHECK(member_of(table, b.who.id).ttl == 3s);
  must(db::leave_cluster(b.connection, b.options, b.who.service, b.who.id));
  // As the version before writes its row: without the column.
  must(a.connection.exec_script("UPDATE cluster_members SET ttl_ms = NULL WHERE name = 'a'"));
  const auto later = must(a.round({.renew_member = true}));
  CHECK(member_of(later, a.who.id).ttl == 0s);
  CHECK(member_of(later, b.who.id).ttl == 3s);
}

TEST_CASE("the cursors of a service start at the lowest one when the number of shards changes") {
  const auto database = pg_fixture::migrated_database();
  test_node old(database, "a", 2);
  old.lead();
  old.place_all(old.who.id);
  must(old.connection.exec_script("UPDATE firehose_cursor SET seq = 100 + shard"));
  const auto shards = GENERATE(1, 3);
  test_node young(database, "a", shards);
  const auto table = must(young.join());
  CHECK(table.view == 3);
  REQUIRE(table.placement.size() == static_cast<std::size_t>(shards));
  CHECK(table.placement[0] == cluster::placed_shard{0, "", 3, false});
  CHECK(tokens(young.connection) == (shards == 1 ? "0=3" : "0=3 1=3 2=3"));
  CHECK(value(young.connection, "SELECT count(*) FROM firehose_cursor WHERE seq <> 100") == "0");
  CHECK(value(young.connection, "SELECT shards FROM cluster_state") == std::to_string(shards));
}

TEST_CASE("a node with another number of shards is refused while others are at work") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a", 4);
  a.lead();
  a.place_all(a.who.id);
  test_node b(database, "b", 8);
  const auto refused = [&] {
    const auto done = b.join();
    REQUIRE_FALSE(done);
    CHECK(done.error().sqlstate == db::join_refused_state);
    CHECK_THAT(done.error().message,
               Contains("8 shards") && Contains("node a has 4") && Contains("shards = 4"));
  };
  refused();
  pass_time(a.connection, 90s); // expired: it may only be cut off
  refused();
  CHECK(tokens(a.connection) == "0=2 1=2 2=2 3=2");
  CHECK(must(a.round()).members.size() == 1);
  // It has not renewed for two ttl, and nobody else is there to declare it dead.
  pass_time(a.connection, 60s);
  const auto table = must(b.join());
  CHECK(death_of(table, a.who.id) == "expired");
  CHECK(table.placement.size() == 8);
  CHECK(table.view == 3);
  CHECK(tokens(b.connection).starts_with("0=3 1=3"));
  CHECK(death_of(must(a.round()), a.who.id) == "expired");
}

TEST_CASE("a member that has long expired stays, if nothing is changed under it") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a");
  a.lead();
  a.place_all(a.who.id);
  pass_time(a.connection, 1h); // so long the database was away
  test_node b(database, "b");
  const auto table = must(b.join());
  CHECK(death_of(table, a.who.id).empty());
  CHECK(table.view == 2);
  CHECK(tokens(b.connection) == "0=2 1=2 2=2 3=2");
  CHECK(death_of(must(a.round({.renew_member = true})), a.who.id).empty());
}

TEST_CASE("who may still have a base of places that is void is dead and fenced") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a");
  a.lead();
  a.place_all(a.who.id);
  auto other = connect_to(database);
  // Another relay was indexed since.
  must(other.exec_script("INSERT INTO streams (service, base) VALUES ('b', 0); INSERT INTO "
                         "firehose_cursor (service, shard, seq, epoch) VALUES ('b', 0, 500, 1)"));
  pass_time(other, 1h);
  test_node b(database, "b");
  const auto table = must(b.join());
  CHECK(death_of(table, a.who.id) == "expired");
  CHECK(table.view == 3);
  CHECK(must(db::stream_base(other, test_service)) == 500);
  CHECK(tokens(other) == "0=3 1=3 2=3 3=3");
}

TEST_CASE("the base of places stays while others are at work") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a");
  a.lead();
  auto other = connect_to(database);
  must(other.exec_script("INSERT INTO streams (service, base) VALUES ('b', 0); INSERT INTO "
                         "firehose_cursor (service, shard, seq, epoch) VALUES ('b', 0, 500, 1)"));
  test_node b(database, "b");
  must(b.join());
  CHECK(must(db::stream_base(other, test_service)) == 0);
}

TEST_CASE("versions of links that do not overlap are refused with a sentence that says so") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a");
  a.who.protocol = {2, 3};
  a.lead();
  test_node b(database, "b");
  SECTION("too old") {
    b.who.protocol = {1, 1};
  }
  SECTION("too new") {
    b.who.protocol = {4, 6};
  }
  const auto done = b.join();
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == db::join_refused_state);
  CHECK(done.error().cls == db::error_class::fatal);
  CHECK_THAT(done.error().message, Contains("speaks versions") && Contains("node a (1.2.3)") &&
                                       Contains("2 to 3") && Contains("one version at a time"));
  CHECK(must(a.round()).members.size() == 1);
  b.who.protocol = {3, 4};
  must(b.join());
  // Who takes a name over need not fit the one that it replaces.
  test_node next(database, "a");
  next.who.protocol = {4, 4};
  must(next.join());
}

TEST_CASE("the first view of a database from before is above all its epochs") {
  const auto database = pg_fixture::migrated_database();
  auto other = connect_to(database);
  must(other.exec_script(
      "INSERT INTO leases VALUES ('writer wss://relay.test', 'host:1', 12, "
      "'infinity'); INSERT INTO streams (service, base) VALUES "
      "('wss://relay.test', 0); INSERT INTO firehose_cursor (service, shard, seq, "
      "epoch) SELECT 'wss://relay.test', n, 50 + n, 12 FROM "
      "generate_series(0, 3) n"));
  test_node a(database);
  const auto table = must(a.join());
  CHECK(table.view == 13);
  CHECK(tokens(other) == "0=13 1=13 2=13 3=13"); // the older prismd is fenced
  CHECK(value(other, "SELECT string_agg(seq::text, ' ' ORDER BY shard) FROM firehose_cursor") ==
        "50 51 52 53");
  CHECK(must(a.round(ask(action::take))).lead.epoch == 13);
}

TEST_CASE("a node that leaves is dead, and its lease free") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a");
  test_node b(database, "b");
  a.lead();
  must(b.join());
  for (int again = 0; again < 2; ++again)
    must(db::leave_cluster(a.connection, a.options, test_service, a.who.id));
  const auto table = must(b.round());
  CHECK(death_of(table, a.who.id) == "left");
  CHECK(table.lead.expires_in <= 0s);
  CHECK(a.connection.exec("SELECT 1")); // it ends its sessions itself
}

TEST_CASE("a stream that begins anew ends all nodes, which join again") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database, "a");
  test_node b(database, "b");
  a.lead();
  must(b.join());
  a.place_all(b.who.id);
  auto other = connect_to(database);
  must(other.exec_script("UPDATE firehose_cursor SET seq = 1000"));
  CHECK(must(db::begin_cluster_anew(other, {}, test_service)) == 1001);
  auto table = must(db::read_cluster(other, test_service));
  CHECK(death_of(table, a.who.id) == "expired");
  CHECK(death_of(table, b.who.id) == "expired");
  CHECK(table.placement.empty());
  CHECK(table.view == 3);
  CHECK_FALSE(b.connection.exec("SELECT 1"));
  test_node c(database, "a");
  table = c.lead();
  CHECK(table.view == 4);
  CHECK(tokens(other) == "0=4 1=4 2=4 3=4");
  CHECK(value(other, "SELECT max(seq) FROM firehose_cursor") == "0");
  CHECK(must(db::stream_base(other, test_service)) == 1001);
}

TEST_CASE("dead members are forgotten, and a table with many of them is read and joined quickly") {
  const auto database = pg_fixture::migrated_database();
  auto other = connect_to(database);
  must(other.exec_script(
      "INSERT INTO cluster_members (node, service, name, address, version, protocol_min, "
      "protocol_max, started_at, expires_at, dead_at, dead_reason) SELECT gen_random_uuid(), "
      "'wss://relay.test', 'n' || n, '', '', 1, 1, now(), now(), now() - n * interval '1 s', "
      "'replaced' FROM generate_series(1, 10000) n"));
  CHECK(must(db::read_cluster(other, test_service)).members.size() == 20);
  test_node a(database);
  CHECK(must(a.join()).members.size() == 21);
  CHECK(value(other, "SELECT count(*) FROM cluster_members WHERE dead_at IS NOT NULL") == "200");
  CHECK(value(other,
              "SELECT count(*) FROM cluster_members WHERE dead_at < (SELECT max(dead_at) FROM "
              "cluster_members) - interval '209 s'") == "0");
  // All but those of the last day.
  must(other.exec_script("UPDATE cluster_members SET dead_at = dead_at - interval '1 day'"));
  test_node b(database, "b");
  CHECK(must(b.join()).members.size() == 2);
  // One that is dead reads its own death, however many died since.
  must(other.exec_script(
      "UPDATE cluster_members SET dead_at = '2020-01-01', dead_reason = 'replaced' WHERE name = "
      "'b'; INSERT INTO cluster_members (node, service, name, address, version, protocol_min, "
      "protocol_max, started_at, expires_at, dead_at, dead_reason) SELECT gen_random_uuid(), "
      "'wss://relay.test', '', '', '', 1, 1, now(), now(), now(), 'left' FROM "
      "generate_series(1, 100) n"));
  CHECK(death_of(must(b.round()), b.who.id) == "replaced");
  CHECK(death_of(must(a.round()), b.who.id) == "none");
}

TEST_CASE("services do not meet") {
  const auto database = pg_fixture::migrated_database();
  test_node a(database);
  a.lead();
  a.place_all(a.who.id);
  test_node b(database);
  b.who.service = "wss://other.test";
  b.who.shards = 1;
  const auto table = must(b.join());
  CHECK(table.members.size() == 1);
  CHECK(table.placement.size() == 1);
  CHECK(must(b.round(ask(action::take))).lead.epoch == 1);
  CHECK(death_of(must(a.round()), a.who.id).empty());
  CHECK(must(a.round()).lead.holder == a.who.id);
}
