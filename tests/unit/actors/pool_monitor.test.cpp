#include "actors/pool_monitor.hpp"

#include "actors/pool.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

/// A pool of two whose monitor is in a hurry.
[[nodiscard]] config::options two_sessions() {
  config::options out;
  out.db_pool_size = 2;
  out.db_pool_warning_percent = 50;
  out.db_pool_critical_percent = 95;
  return out;
}

constexpr pool_monitor_timing hurried{.sample_every = 10ms, .status_every = 100ms};

} // namespace

TEST_CASE("the monitor warns by thresholds, shows how full the pool is, and counts exhaustions") {
  log_capture log;
  actor_fixture bench(two_sessions());
  const auto pool = bench.put<pool_state>(names::pool);
  const auto monitor = bench.put<pool_monitor_state>(names::pool_monitor, hurried);
  const auto& metrics = bench.node->metrics.database();
  REQUIRE(eventually([&] { return bench.field(monitor, "samples") != "0"; }));
  CHECK(bench.field(monitor, "level") == "normal");
  CHECK(metrics.utilization->Value() == 0);

  users_table_lock table_lock(bench);
  std::vector<decltype(bench.send(pool, db::job{}))> sent;
  const auto send = [&] {
    sent.push_back(bench.send(pool, db::intern_job{{"did:plc:" + std::to_string(sent.size())}}));
  };
  const auto finish = [&] {
    for (const auto& each : std::exchange(sent, {}))
      CHECK(bench.outcome_of(each));
  };
  send();
  REQUIRE(eventually([&] { return metrics.utilization->Value() == 0.5; }));
  REQUIRE(eventually([&] { return bench.field(monitor, "level") == "warning"; }));
  CHECK(log.count("warning [PoolMonitor] WARNING: Pool 50.0% utilized") == 1);
  CHECK(metrics.exhaustions->Value() == 0);

  // In one turn of the monitor at the earliest, so the first critical sample may have fewer
  // waiting.
  for (int i = 0; i < 3; ++i)
    send();
  REQUIRE(eventually([&] { return metrics.exhaustions->Value() == 1; }));
  CHECK(metrics.utilization->Value() == 1);
  CHECK(log.count("error [PoolMonitor] CRITICAL: Pool 100.0% utilized, ") == 1);
  CHECK(log.count(" waiting") >= 1);
  // The average lies between what there was and what is.
  CHECK(metrics.utilization_average->Value() > 0);
  CHECK(metrics.utilization_average->Value() < 1);
  REQUIRE(eventually([&] {
    return log.count("info [PoolMonitor] Status: 2 active, 0 idle, 2 waiting, 2 open of 2; 100.0% "
                     "utilized, ") >= 1;
  }));
  CHECK(bench.field(monitor, "exhaustion_events") == "1");

  table_lock.release();
  finish();
  REQUIRE(eventually([&] { return metrics.utilization->Value() == 0; }));
  CHECK(bench.field(monitor, "level") == "normal");
  CHECK(metrics.exhaustions->Value() == 1); // it was one, however long

  users_table_lock again(bench);
  for (int i = 0; i < 4; ++i)
    send();
  REQUIRE(eventually([&] { return metrics.exhaustions->Value() == 2; }));
  again.release();
  finish();
  // One line of a level a minute.
  CHECK(log.count("[PoolMonitor] CRITICAL") == 1);
  INFO(log.all());
}

TEST_CASE("the critical line tells how many wait") {
  log_capture log;
  actor_fixture bench(two_sessions());
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  std::vector<decltype(bench.send(pool, db::job{}))> sent;
  for (int i = 0; i < 5; ++i)
    sent.push_back(bench.send(pool, db::intern_job{{"did:plc:" + std::to_string(i)}}));
  REQUIRE(eventually([&] { return bench.field(pool, "waiting") == "3"; }));
  const auto monitor = bench.put<pool_monitor_state>(names::pool_monitor, hurried);
  REQUIRE(eventually([&] { return bench.field(monitor, "level") == "critical"; }));
  CHECK(log.count("error [PoolMonitor] CRITICAL: Pool 100.0% utilized, 3 waiting") == 1);
  CHECK(bench.field(monitor, "utilization") == "1");
  table_lock.release();
  for (const auto& each : sent)
    CHECK(bench.outcome_of(each));
}
