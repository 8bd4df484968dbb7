#include "db/index/progress.hpp"
#include "tests/integration/cluster/cluster_of_tests.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tests/support/proxied_database.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <vector>

// Lost answers, lock orders, and a role that may not do everything.

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
using action = cluster::round_request::lease_action;

namespace {

/// Runs `work`, whose COMMIT is not answered, and once more. With `committed` the server has
/// committed it the first time.
void run_twice(proxy::fault_proxy& proxy, bool committed, test_node& by,
               const std::function<db::error_class()>& work) {
  if (committed)
    proxy.cut_after_commit(1);
  else
    proxy.cut_before_commit(1);
  CHECK(work() == db::error_class::commit_unknown);
  must(by.connection.reconnect(60s));
  work();
}

template <class T>
[[nodiscard]] db::error_class class_of(const db::outcome<T>& of) {
  return of ? db::error_class{} : of.error().cls;
}

} // namespace

TEST_CASE("what is repeated after a COMMIT without an answer is done once") {
  const auto committed = GENERATE(false, true);
  CAPTURE(committed);
  const auto direct = pg_fixture::migrated_database();
  const auto proxy = start_proxy(direct);
  test_node a(through(*proxy, direct), "a");
  test_node b(direct, "b");
  const auto twice = [&](const auto& work) {
    std::optional<std::invoke_result_t<decltype(work)>> last;
    run_twice(*proxy, committed, a, [&] {
      last.emplace(work());
      return class_of(*last);
    });
    return must(std::move(*last));
  };
  auto table = twice([&] { return a.join(); });
  CHECK(table.members.size() == 1);
  CHECK(table.view == 1);
  table = twice([&] { return a.round(ask(action::take)); });
  CHECK(table.lead.holder == a.who.id);
  CHECK(table.lead.epoch == 1);
  must(b.join());
  const auto from = must(a.round());
  table = twice([&] {
    return a.place(from, {.from_view = 1, .dead = {}, .moved = {{0, b.who.id, 0, false}}});
  });
  CHECK(table.view == 2);
  CHECK(table.placement[0] == cluster::placed_shard{0, b.who.id, 2, false});
  CHECK(tokens(b.connection) == "0=2 1=1 2=1 3=1");
  // Another plan from that view is no repetition.
  CHECK_FALSE(a.place(from, {.from_view = 1, .dead = {}, .moved = {{0, a.who.id, 0, false}}}));
  table = twice([&] { return a.round(ask(action::resign, 1)); });
  CHECK(table.lead.expires_in <= 0s);
  run_twice(*proxy, committed, a, [&] {
    return class_of(db::move_shard(a.connection, a.options, test_service, 0, "a"));
  });
  CHECK(must(a.round()).view == 3);
  run_twice(*proxy, committed, a, [&] {
    return class_of(db::leave_cluster(a.connection, a.options, test_service, a.who.id));
  });
  CHECK(death_of(must(b.round()), a.who.id) == "left");
}

TEST_CASE("rounds, placements, orders, joins and batches of several nodes never deadlock") {
  const auto database = pg_fixture::migrated_database();
  test_node leader(database, "leader");
  leader.lead();
  std::atomic<int> deadlocks{0};
  std::atomic<bool> over{false};
  std::vector<std::future<void>> lanes;
  const auto count = [&](const db::db_error& why) {
    deadlocks += why.sqlstate == db::sqlstate::deadlock ? 1 : 0;
  };
  const auto repeat = [&](const std::function<void(int)>& work) {
    lanes.push_back(std::async(std::launch::async, [&over, work] {
      for (int i = 0; !over; ++i)
        work(i);
    }));
  };
  std::vector<std::unique_ptr<test_node>> nodes;
  for (const auto* name : {"b", "c"}) {
    auto& node = *nodes.emplace_back(std::make_unique<test_node>(database, name));
    must(node.join());
    node.options.on_retry = count;
    repeat([&node](int i) {
      constexpr std::array what{action::take, action::renew, action::resign, action::none};
      static_cast<void>(node.round({.renew_member = true, .lease = what[i % 4], .epoch = i}));
    });
  }
  test_node joining(database, "d");
  joining.options.on_retry = count;
  repeat([&](int) { static_cast<void>(joining.join()); });
  test_node ordering(database, "e");
  ordering.options.on_retry = count;
  repeat([&](int i) {
    static_cast<void>(db::move_shard(ordering.connection, ordering.options, test_service, i % 4,
                                     i % 3 == 0 ? "b" : "c"));
  });
  auto batches = connect_to(database);
  repeat([&](int i) {
    const db::tx_options options{.on_retry = count};
    static_cast<void>(db::transaction::run(batches, options, [&](db::tx& inside) {
      return inside.exec("UPDATE firehose_cursor SET seq = seq + 1 WHERE shard = " +
                         std::to_string(i % 4));
    }));
  });
  leader.options.on_retry = count;
  int placed = 0;
  for (int i = 0; i < 300; ++i) {
    const auto now = must(leader.round({.renew_member = true, .lease = action::take}));
    cluster::placement_plan plan{.from_view = now.view, .dead = {}, .moved = {}};
    for (const auto& each : now.placement)
      plan.moved.push_back({each.shard, nodes[static_cast<std::size_t>(i) % 2]->who.id, 0, false});
    const auto done = leader.place(now, plan);
    if (!done)
      CHECK(done.error().sqlstate == db::fenced_state);
    placed += done ? 1 : 0;
  }
  over = true;
  for (auto& lane : lanes)
    lane.get();
  CHECK(deadlocks == 0);
  CHECK(placed > 0);
  CHECK_FALSE(tokens(batches).empty()); // the same in both tables
}

TEST_CASE("a role without privileges ends the sessions of its own nodes, if it is let") {
  pg_fixture::use_own_server();
  const auto database = pg_fixture::migrated_database();
  auto admin = connect_to(database);
  must(admin.exec_script(
      "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plain') THEN CREATE ROLE "
      "plain LOGIN; END IF; END $$; GRANT ALL ON ALL TABLES IN SCHEMA public TO plain"));
  const auto as_plain = database + " user=plain";
  test_node a(as_plain, "a");
  test_node foreign(database, "a"); // a superuser's session under the same name
  must(foreign.connection.exec_script("SET application_name = 'prismd " + a.who.id + "'"));
  a.lead();
  const auto allowed = GENERATE(true, false);
  if (!allowed)
    must(admin.exec_script("REVOKE EXECUTE ON FUNCTION pg_terminate_backend FROM public"));
  test_node next(as_plain, "a");
  CHECK(death_of(must(next.join()), a.who.id) == "replaced");
  CHECK(a.connection.exec("SELECT 1").has_value() != allowed);
  CHECK(foreign.connection.exec("SELECT 1"));
}
