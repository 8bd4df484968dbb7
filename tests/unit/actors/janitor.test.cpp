#include "actors/janitor.hpp"

#include "actors/pool.hpp"
#include "tests/support/must.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;

namespace {

/// The default tasks, due at once and again soon.
[[nodiscard]] std::vector<janitor_task> hurried() {
  auto tasks = janitor_tasks({});
  for (auto& each : tasks) {
    each.when.interval = 50ms;
    each.when.first = 0ms;
    each.batch_rows = 10;
  }
  return tasks;
}

[[nodiscard]] std::int64_t sessions(db::connection& on) {
  return must(on.exec("SELECT count(*) FROM sessions")).get_int8(0, 0);
}

} // namespace

TEST_CASE("the default tasks have their default intervals") {
  const auto tasks = janitor_tasks({});
  REQUIRE(tasks.size() == db::upkeep_tasks);
  CHECK(tasks[0].when.name == "sessions");
  CHECK(tasks[0].when.interval == 60min);
  CHECK(tasks[1].when.name == "oauth_states");
  CHECK(tasks[1].when.interval == 6h);
  CHECK(tasks[2].when.name == "pending_ops");
  CHECK(tasks[2].when.interval == 60s);
}

TEST_CASE("each task has the interval of its option, and starts within the first interval") {
  config::options options;
  options.session_sweep_interval = 11s;
  options.oauth_sweep_interval = 12s;
  options.pending_sweep_interval = 13s;
  options.audit_interval = 14s;
  std::map<std::string, std::chrono::milliseconds> intervals;
  for (const auto& each : janitor_tasks(options)) {
    intervals[each.when.name] = each.when.interval;
    CHECK(each.when.first <= each.when.interval);
  }
  CHECK(intervals == std::map<std::string, std::chrono::milliseconds>{{"sessions", 11s},
                                                                      {"oauth_states", 12s},
                                                                      {"pending_ops", 13s},
                                                                      {"history", 14s},
                                                                      {"refused_records", 14s},
                                                                      {"orphans", 14s},
                                                                      {"counts", 14s}});
}

TEST_CASE("a job that fails is counted and logged, and stops no other") {
  log_capture log;
  actor_fixture bench;
  auto on = bench.connect();
  must(on.exec_script("DROP TABLE oauth_states; INSERT INTO sessions (id, user_id, data, "
                      "expires_at) SELECT 's' || i, i, '{}', now() - interval '1 minute' FROM "
                      "generate_series(1, 35) i"));
  static_cast<void>(bench.put<pool_state>(names::pool));
  static_cast<void>(bench.put<janitor_state>(names::janitor, hurried()));
  auto& metrics = bench.node->metrics;
  REQUIRE(eventually([&] { return metrics.job("oauth_states").failures->Value() >= 3; }));
  REQUIRE(eventually([&] { return sessions(on) == 0; }));
  CHECK(eventually([&] { return metrics.job("sessions").rows->Value() == 35; }));
  CHECK(eventually([&] { return log.count("Expired session cleanup completed") >= 1; }));
  CHECK(log.count("info [BackgroundJobs] Expired session cleanup completed") >= 1);
  // Counted before they are logged.
  CHECK(eventually(
      [&] { return log.count("error [BackgroundJobs] OAuth state cleanup failed: 42P01") >= 3; }));
  for (const auto* job :
       {"sessions", "pending_ops", "history", "refused_records", "orphans", "counts"}) {
    INFO(job);
    CHECK(eventually([&] { return metrics.job(job).runs->Value() >= 2; }));
    CHECK(metrics.job(job).failures->Value() == 0);
    CHECK(metrics.job(job).last_run->Value() > 1e9);
  }
}

TEST_CASE("a wrong count is corrected, logged and counted") {
  log_capture log;
  actor_fixture bench;
  auto on = bench.connect();
  must(on.exec_script("INSERT INTO users (did) VALUES ('did:plc:a');"
                      "INSERT INTO user_aggregates SELECT id, 5, 0, 0 FROM users"));
  static_cast<void>(bench.put<pool_state>(names::pool));
  static_cast<void>(bench.put<janitor_state>(names::janitor, hurried()));
  auto& metrics = bench.node->metrics;
  REQUIRE(eventually([&] { return metrics.audit_findings().of("user_aggregates").Value() == 1; }));
  // Counted before it is logged.
  const std::string line = "followers follows posts: 5 0 0, are 0 0 0; repaired";
  REQUIRE(eventually([&] { return log.count(line) >= 1; }));
  CHECK(log.count(line) == 1);
  CHECK(metrics.job("counts").rows->Value() == 1);
}

TEST_CASE("a janitor whose node is fenced runs no more jobs, and that is no failure") {
  log_capture log;
  actor_fixture bench;
  auto on = bench.connect();
  must(on.exec_script("UPDATE leases SET epoch = 2; INSERT INTO sessions (id, user_id, data, "
                      "expires_at) VALUES ('a', 1, "
                      "'{}', now() - interval '1 hour')"));
  static_cast<void>(bench.put<pool_state>(names::pool));
  const auto janitor = bench.put<janitor_state>(names::janitor, hurried());
  auto& metrics = bench.node->metrics;
  const auto runs = [&] {
    double sum = 0;
    for (const auto& each : janitor_tasks({}))
      sum += metrics.job(each.when.name).runs->Value();
    return sum;
  };
  REQUIRE(eventually([&] { return runs() == 1 && bench.field(janitor, "running") == "none"; }));
  // Several of its ticks later.
  for (int i = 0; i < 5; ++i)
    REQUIRE(eventually([&, until = steady_clock::now() + 100ms] {
      return steady_clock::now() > until && bench.field(janitor, "running") == "none";
    }));
  CHECK(runs() == 1);
  CHECK(sessions(on) == 1);
  for (const auto& each : janitor_tasks({}))
    CHECK(metrics.job(each.when.name).failures->Value() == 0);
  INFO(log.all());
  CHECK(log.count("warning [BackgroundJobs] ") == 1);
  CHECK(log.count("stopped, because this node does not lead any more: node ") == 1);
  CHECK(log.count("does not lead test with epoch 1 any more; the janitor of the node") == 1);
  CHECK(log.count("error [BackgroundJobs] ") == 0);
  CHECK(log.count("completed") == 0);
}
