#include "tests/integration/cluster/cluster_of_tests.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <latch>

// Who leads, and what a round reads and writes.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
using action = cluster::round_request::lease_action;

namespace {

/// Two members, the first of which leads with epoch 1.
struct pair_of_nodes {
  std::string database = pg_fixture::migrated_database();
  test_node a{database, "a"};
  test_node b{database, "b"};

  pair_of_nodes() {
    a.lead();
    must(b.join());
  }
};

void expire_lease(db::connection& on) {
  must(on.exec_script("UPDATE leases SET expires_at = clock_timestamp() - interval '1 ms'"));
}

} // namespace

TEST_CASE("of two nodes that take a free lease at once, exactly one gets it") {
  pair_of_nodes on;
  auto watcher = connect_to(on.database);
  int by_a = 0;
  for (std::int64_t epoch = 2; epoch <= 201; ++epoch) {
    expire_lease(watcher);
    std::latch start(2);
    const auto take = [&](test_node& node) {
      start.arrive_and_wait();
      return node.round(ask(action::take));
    };
    auto first = std::async(std::launch::async, [&] { return take(on.a); });
    const auto second = take(on.b);
    const auto seen_by_a = must(first.get()).lead;
    const auto seen_by_b = must(second).lead;
    // Who came second has waited, so it reads what the first one wrote.
    REQUIRE(seen_by_a.epoch == epoch);
    REQUIRE(seen_by_b.epoch == epoch);
    REQUIRE(seen_by_a.holder == seen_by_b.holder);
    by_a += seen_by_a.holder == on.a.who.id ? 1 : 0;
  }
  INFO("taken " << by_a << " times by the first node");
  CHECK(value(watcher, "SELECT epoch FROM leases") == "201");
}

TEST_CASE("a lease that is not free is not taken") {
  pair_of_nodes on;
  const auto table = must(on.b.round(ask(action::take)));
  CHECK(table.lead.holder == on.a.who.id);
  CHECK(table.lead.epoch == 1);
}

TEST_CASE("a node with a shorter ttl does not take the lease of a live leader") {
  pair_of_nodes on;
  on.b.who.ttl = 3s; // two of it are less than what is left of the lease
  CHECK(must(on.b.round(ask(action::take))).lead.holder == on.a.who.id);
  // But that of one that ends later than the leader itself can have written.
  auto other = connect_to(on.database);
  must(other.exec_script("UPDATE leases SET expires_at = expires_at + interval '90 s'"));
  CHECK(must(on.b.round(ask(action::take))).lead.holder == on.b.who.id);
}

TEST_CASE("only the holder renews and resigns, with its epoch") {
  pair_of_nodes on;
  auto other = connect_to(on.database);
  pass_time(other, 30s);
  CHECK(must(on.b.round(ask(action::renew, 1))).lead.expires_in <= 30s);
  CHECK(must(on.a.round(ask(action::renew, 2))).lead.expires_in <= 30s);
  CHECK(must(on.b.round(ask(action::resign, 1))).lead.expires_in > 20s);
  CHECK(must(on.a.round(ask(action::resign, 2))).lead.expires_in > 20s);
  CHECK(must(on.a.round(ask(action::renew, 1))).lead.expires_in > 50s);
  // Expired, but nobody has taken it.
  expire_lease(other);
  CHECK(must(on.a.round(ask(action::renew, 1))).lead.expires_in > 50s);
}

TEST_CASE("what is resigned is taken by the next round of another node") {
  pair_of_nodes on;
  const auto resigned = must(on.a.round(ask(action::resign, 1)));
  CHECK(resigned.lead.expires_in <= 0s);
  CHECK(resigned.lead.holder == on.a.who.id);
  const auto taken = must(on.b.round(ask(action::take)));
  CHECK(taken.lead.holder == on.b.who.id);
  CHECK(taken.lead.epoch == 2);
}

TEST_CASE("a lease is free whose holder is dead, or of before there were nodes") {
  pair_of_nodes on;
  auto other = connect_to(on.database);
  SECTION("dead") {
    must(other.exec_script("UPDATE cluster_members SET dead_at = now(), dead_reason = 'expired' "
                           "WHERE name = 'a'"));
  }
  SECTION("of an older prismd, without end") {
    must(other.exec_script("UPDATE leases SET holder = 'host:4711', expires_at = 'infinity'"));
    CHECK(must(on.b.round()).lead.expires_in <= 0s);
  }
  SECTION("too far ahead: the database's clock was set back") {
    must(other.exec_script("UPDATE leases SET expires_at = expires_at + interval '1 day'"));
  }
  CHECK(must(on.b.round(ask(action::take))).lead.holder == on.b.who.id);
}

TEST_CASE("a dead node neither renews nor takes anything") {
  pair_of_nodes on;
  auto other = connect_to(on.database);
  must(other.exec_script("UPDATE cluster_members SET dead_at = now(), dead_reason = 'expired' "
                         "WHERE name = 'a'"));
  pass_time(other, 30s);
  auto request = ask(action::renew, 1);
  request.renew_member = true;
  auto table = must(on.a.round(request));
  CHECK(table.lead.expires_in <= 30s);
  CHECK(member_of(table, on.a.who.id).expires_in <= 30s);
  CHECK(death_of(table, on.a.who.id) == "expired");
  expire_lease(other);
  table = must(on.a.round(ask(action::take)));
  CHECK(table.lead.epoch == 1);
}

TEST_CASE("a member renews, says what it has seen, and drains, whoever ordered that") {
  pair_of_nodes on;
  auto other = connect_to(on.database);
  pass_time(other, 90s);
  auto table = must(on.b.round());
  CHECK(member_of(table, on.b.who.id).expires_in < 0s); // expired, but not dead
  table = must(on.b.round({.renew_member = true, .view = 7}));
  CHECK(member_of(table, on.b.who.id).expires_in > 50s);
  CHECK(member_of(table, on.b.who.id).view == 7);
  CHECK_FALSE(member_of(table, on.b.who.id).draining);
  must(db::drain_member(other, {}, test_service, "b"));
  table = must(on.b.round({.renew_member = true}));
  CHECK(member_of(table, on.b.who.id).draining);
  CHECK(member_of(table, on.b.who.id).view == 7);
  table = must(on.a.round({.draining = true}));
  CHECK(member_of(table, on.a.who.id).draining);
  CHECK(member_of(table, on.a.who.id).expires_in > 50s); // it renews with that
}

TEST_CASE("a round that asks for nothing locks and writes nothing") {
  pair_of_nodes on;
  auto locker = connect_to(on.database);
  must(locker.exec_script("BEGIN; LOCK TABLE cluster_members, cluster_state, shard_placement, "
                          "leases, firehose_cursor IN EXCLUSIVE MODE"));
  must(on.b.connection.exec_script("SET default_transaction_read_only = on"));
  CHECK(must(on.b.round()).lead.holder == on.a.who.id);
  on.b.options.lock_timeout = 100ms;
  on.b.options.retry.max_retries = 0;
  CHECK_FALSE(on.b.round(ask(action::take))); // so the test can fail
}

TEST_CASE("the table is read as of one moment") {
  pair_of_nodes on;
  on.a.place_all(on.a.who.id);
  std::latch start(2);
  auto moves = std::async(std::launch::async, [&] {
    start.arrive_and_wait();
    for (int i = 0; i < 100; ++i) {
      cluster::placement_plan plan{.from_view = 2 + i, .dead = {}, .moved = {}};
      for (std::int32_t shard = 0; shard < 4; ++shard)
        plan.moved.push_back({shard, i % 2 == 0 ? on.b.who.id : on.a.who.id, 0, false});
      must(db::place_shards(on.a.connection, on.a.options, test_service, on.a.who.id, 1, plan));
    }
  });
  start.arrive_and_wait();
  for (std::int64_t view = 2; view < 102;) {
    const auto table = must(on.b.round());
    view = table.view;
    for (const auto& shard : table.placement)
      REQUIRE(shard.token == view);
  }
  moves.get();
}
