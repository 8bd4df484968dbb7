#include "db/index/progress.hpp"
#include "tests/integration/cluster/cluster_of_tests.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>
#include <future>

// How the leader moves shards and ends nodes, and what that does to batches in flight.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
using action = cluster::round_request::lease_action;

namespace {

/// A leads and has all shards; B is a member.
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

  [[nodiscard]] cluster::placement_plan move(std::int32_t shard, std::int64_t from_view = 2) const {
    return {.from_view = from_view, .dead = {}, .moved = {{shard, b.who.id, 0, false}}};
  }
};

/// The next batch of a shard, empty, with this token.
[[nodiscard]] db::batch batch_of(std::int32_t shard, std::int64_t token, std::int64_t seq) {
  db::batch out;
  out.service = test_service;
  out.shard = shard;
  out.token = token;
  out.last_seq = seq;
  return out;
}

[[nodiscard]] std::string move_cursor(db::connection& on, const db::batch& of) {
  const auto done =
      db::transaction::run(on, {.deadline = 1min, .lock_timeout = 1min},
                           [&](db::tx& inside) { return db::move_cursor(inside, of); });
  return done ? "moved" : done.error().sqlstate;
}

[[nodiscard]] std::string state_of(const db::outcome<cluster::table>& of) {
  return of ? "placed" : of.error().sqlstate;
}

} // namespace

TEST_CASE("a plan moves its shards and no others") {
  placed_nodes on;
  const auto before = must(on.a.round());
  auto plan = on.move(2);
  plan.moved[0].pinned = true;
  const auto after = must(on.a.place(before, plan));
  CHECK(after.view == 3);
  CHECK(after.placement[1] == before.placement[1]);
  CHECK(after.placement[2] == cluster::placed_shard{2, on.b.who.id, 3, true});
  CHECK(tokens(on.other) == "0=2 1=2 2=3 3=2");
}

TEST_CASE("a plan is not carried out that does not fit any more") {
  placed_nodes on;
  auto table = must(on.a.round());
  auto plan = on.move(0);
  const auto refused = [&](test_node& by) {
    const auto done = by.place(table, plan);
    REQUIRE_FALSE(done);
    CHECK(done.error().sqlstate == db::fenced_state);
    return done.error().message;
  };
  SECTION("another node leads") {
    must(on.a.round(ask(action::resign, 1)));
    must(on.b.round(ask(action::take)));
    CHECK_THAT(refused(on.a), Catch::Contains("does not lead with epoch 1"));
  }
  SECTION("the node leads again, with another epoch") {
    must(on.a.round(ask(action::resign, 1)));
    must(on.b.round(ask(action::take)));
    must(on.b.round(ask(action::resign, 2)));
    must(on.a.round(ask(action::take)));
    CHECK_THAT(refused(on.a), Catch::Contains("does not lead with epoch 1"));
  }
  SECTION("the node does not hold the lease") {
    CHECK_THAT(refused(on.b), Catch::Contains("does not lead"));
  }
  SECTION("the leader is dead") {
    must(on.other.exec_script("UPDATE cluster_members SET dead_at = now(), dead_reason = 'expired' "
                              "WHERE name = 'a'"));
    CHECK_THAT(refused(on.a), Catch::Contains("does not lead"));
  }
  SECTION("the view has changed") {
    must(db::move_shard(on.other, {}, test_service, 3, "b"));
    CHECK_THAT(refused(on.a), Catch::Contains("made from view 2, but the view is 3"));
  }
  SECTION("the new owner is dead") {
    must(db::leave_cluster(on.b.connection, on.b.options, test_service, on.b.who.id));
    CHECK_THAT(refused(on.a), Catch::Contains("is dead"));
  }
  SECTION("who was to be dead has renewed") {
    plan = {.from_view = 2, .dead = {on.b.who.id}, .moved = {}};
    CHECK_THAT(refused(on.a), Catch::Contains("node b was to be declared dead, but has renewed"));
  }
  const auto after = must(on.a.round());
  CHECK(after.placement[0] == table.placement[0]);
  CHECK(after.view == value(on.other, "SELECT max(token) FROM shard_placement")[0] - '0');
  CHECK(on.b.connection.exec("SELECT 1"));
}

TEST_CASE("an expired member is declared dead, and one that is dead already does not matter") {
  placed_nodes on;
  pass_time(on.other, 2min);
  const auto table = must(on.a.round({.renew_member = true, .lease = action::renew, .epoch = 1}));
  const cluster::placement_plan plan{.from_view = 2, .dead = {on.b.who.id}, .moved = {}};
  auto after = must(on.a.place(table, plan));
  CHECK(after.view == 3);
  CHECK(death_of(after, on.b.who.id) == "expired");
  CHECK_FALSE(on.b.connection.exec("SELECT 1")); // its sessions are ended
  CHECK(death_of(must(on.b.round({.renew_member = true})), on.b.who.id) == "expired");
  after = must(on.a.place(table, {.from_view = 3, .dead = {on.b.who.id}, .moved = {}}));
  CHECK(after.view == 4);
}

TEST_CASE(
    "a member that renews at the moment of its death lives, and the plan is not carried out") {
  placed_nodes on;
  pass_time(on.other, 2min);
  const auto table = must(on.a.round({.renew_member = true, .lease = action::renew, .epoch = 1}));
  must(on.other.exec_script(
      "BEGIN; UPDATE cluster_members SET expires_at = now() + interval '1 hour' WHERE name = 'b'"));
  auto placed = std::async(std::launch::async, [&] {
    return on.a.place(
        table, {.from_view = 2, .dead = {on.b.who.id}, .moved = {{0, on.a.who.id, 0, true}}});
  });
  auto watcher = connect_to(on.database);
  wait_for_blocked_sessions(watcher, 1);
  must(on.other.exec_script("COMMIT"));
  CHECK(state_of(placed.get()) == db::fenced_state);
  const auto after = must(on.a.round());
  CHECK(death_of(after, on.b.who.id).empty());
  CHECK(after.view == 2);
  CHECK_FALSE(after.placement[0].pinned);
}

TEST_CASE("a plan for a shard without a cursor changes nothing") {
  placed_nodes on;
  const auto table = must(on.a.round());
  must(on.other.exec_script("DELETE FROM firehose_cursor WHERE shard = 1"));
  CHECK(state_of(on.a.place(table, on.move(1))) == db::sqlstate::object_state);
  CHECK(must(on.a.round()).view == 2);
}

TEST_CASE("the batch of a former owner is fenced after its shard was moved; others are not") {
  placed_nodes on;
  CHECK(move_cursor(on.other, batch_of(0, 2, 10)) == "moved");
  must(on.a.place(must(on.a.round()), on.move(0)));
  CHECK(move_cursor(on.other, batch_of(0, 2, 20)) == db::fenced_state);
  CHECK(move_cursor(on.other, batch_of(1, 2, 20)) == "moved");
  CHECK(move_cursor(on.other, batch_of(0, 3, 20)) == "moved"); // by the new one, from there
  CHECK(value(on.other, "SELECT string_agg(seq::text, ' ' ORDER BY shard) FROM firehose_cursor") ==
        "20 20 0 0");
}

TEST_CASE("a placement waits for the batch that holds the cursor, which then counts") {
  placed_nodes on;
  must(on.other.exec_script("BEGIN"));
  must(db::move_cursor(on.other, batch_of(0, 2, 10)));
  auto watcher = connect_to(on.database);
  const auto table = must(on.a.round());
  auto placed = std::async(std::launch::async, [&] { return on.a.place(table, on.move(0)); });
  wait_for_blocked_sessions(watcher, 1);
  must(on.other.exec_script("COMMIT"));
  CHECK(must(placed.get()).view == 3);
  CHECK(must(db::select_cursors(watcher, test_service)).at(0).seq == 10);
  CHECK(move_cursor(watcher, batch_of(0, 2, 20)) == db::fenced_state);
}

TEST_CASE("a batch that waits for a placement is fenced") {
  placed_nodes on;
  // The placement stops behind its change of the cursor's row.
  must(on.other.exec_script(
      "CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
      "pg_advisory_xact_lock(1); RETURN NULL; END'; "
      "CREATE TRIGGER stop AFTER UPDATE OF epoch ON firehose_cursor FOR EACH ROW EXECUTE FUNCTION "
      "stop_here()"));
  auto locker = connect_to(on.database);
  must(locker.exec_script("SELECT pg_advisory_lock(1)"));
  const auto table = must(on.a.round());
  auto placed = std::async(std::launch::async, [&] { return on.a.place(table, on.move(0)); });
  auto watcher = connect_to(on.database);
  wait_for_blocked_sessions(watcher, 1);
  auto late =
      std::async(std::launch::async, [&] { return move_cursor(on.other, batch_of(0, 2, 10)); });
  wait_for_blocked_sessions(watcher, 2);
  must(locker.exec_script("SELECT pg_advisory_unlock(1)"));
  CHECK(must(placed.get()).view == 3);
  CHECK(late.get() == db::fenced_state);
  CHECK(must(db::select_cursors(watcher, test_service)).at(0).seq == 0);
}

TEST_CASE("a stopped owner that holds a cursor's row is ended by the next leader") {
  placed_nodes on;
  pass_time(on.other, 2min);
  const auto table = must(on.b.round({.renew_member = true, .lease = action::take}));
  // Its batch is under way when it is stopped; also its round.
  must(on.a.connection.exec_script("BEGIN"));
  must(db::move_cursor(on.a.connection, batch_of(0, 2, 10)));
  must(on.a.connection.exec("UPDATE cluster_members SET view = 9 WHERE name = 'a'"));
  SECTION("it is not dead: the placement waits in vain") {
    on.b.options.lock_timeout = 100ms;
    on.b.options.retry.max_retries = 0;
    CHECK(state_of(on.b.place(table, on.move(0))) == db::sqlstate::lock_not_available);
  }
  SECTION("it is dead") {
    const auto after = on.b.place_all(on.b.who.id, {on.a.who.id});
    CHECK(after.view == 3);
    CHECK(death_of(after, on.a.who.id) == "expired");
    CHECK(tokens(on.other) == "0=3 1=3 2=3 3=3");
    CHECK(must(db::select_cursors(on.other, test_service)).at(0).seq == 0);
    CHECK_FALSE(on.a.connection.exec_script("COMMIT"));
  }
}

TEST_CASE("a former owner that is dead keeps no cursor's row, even in a session begun since") {
  placed_nodes on;
  test_node young(on.database, "a");
  must(young.join());
  // The owner, not knowing yet that it was replaced, connects again and is stopped in a batch.
  must(on.other.exec_script("SET application_name = 'prismd " + on.a.who.id + "'; BEGIN"));
  must(db::move_cursor(on.other, batch_of(0, 2, 10)));
  const auto table = must(young.round(ask(action::take)));
  young.options.lock_timeout = 2s;
  young.options.retry.max_retries = 0;
  CHECK(must(young.place(
                 table,
                 {.from_view = table.view, .dead = {}, .moved = {{0, young.who.id, 0, false}}}))
            .view == 3);
  CHECK_FALSE(on.other.exec_script("COMMIT"));
}
