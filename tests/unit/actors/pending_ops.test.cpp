#include "actors/pending_ops.hpp"

#include "tests/support/receive_answer.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/actors/fake_pool.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] db::pending_change parked(std::int64_t referent, int number) {
  return {.what = db::pending_event::parked,
          .kind = atproto::collection::like,
          .referent_id = referent,
          .creator_id = 1,
          .rkey = std::to_string(number)};
}

[[nodiscard]] db::pending_change released(std::int64_t referent, int number) {
  auto out = parked(referent, number);
  out.what = db::pending_event::released;
  return out;
}

/// Loads the table as soon as a report is missing, and without that hardly ever.
constexpr pending_ops_state::reload_times at_once{.poll_interval = std::chrono::milliseconds{5},
                                                  .pause = std::chrono::milliseconds{0},
                                                  .every = std::chrono::hours{1}};

/// The script of a pool that returns the last of these rows, as many as requested; the test may
/// change them.
struct fake_table {
  explicit fake_table(std::vector<db::pending_change> first) : rows(std::move(first)) {}
  [[nodiscard]] std::shared_ptr<pool_script> script() {
    auto out = std::make_shared<pool_script>();
    out->set([this](const db::job& job) -> std::optional<db::job_outcome> {
      const auto limit = std::get<db::newest_pending_job>(job).limit;
      asked_for = limit;
      ++read;
      const auto given = std::min(limit, static_cast<std::int64_t>(rows.size()));
      return db::job_outcome{std::vector(rows.end() - given, rows.end())};
    });
    return out;
  }
  std::vector<db::pending_change> rows;
  std::atomic<int> read{0};
  std::atomic<std::int64_t> asked_for{0}; // rows requested by the last load
};

void report_changes(actor_fixture& bench, const pending_ops_actor& actor,
                    const std::vector<db::pending_change>& changes, bool all = true) {
  bool noted = false;
  receive_answer(
      bench.self->request(
          actor, patience,
          pending_changed{std::make_shared<const std::vector<db::pending_change>>(changes), all}),
      [&](const pending_noted&) { noted = true; }, [](const caf::error&) {});
  REQUIRE(noted);
}

} // namespace

TEST_CASE("operations that the cache evicts are counted, and a full array is logged once") {
  config::options options;
  options.pending_max_posts = 2;
  options.pending_max_items = 3;
  actor_fixture bench(options);
  log_capture log;
  const auto pending = bench.put<pending_ops_state>(names::pending_ops);
  std::vector<db::pending_change> changes;
  changes.reserve(10);
  for (int i = 0; i < 10; ++i)
    changes.push_back(parked(7, i));
  report_changes(bench, pending, changes);
  INFO(log.all());
  CHECK(log.count("warning [BoundedArrayMap] Array for key 7 reached max items (3)") == 1);
  CHECK(bench.field(pending, "post_ops") == "3");
  // 8 and 9 come, and 7 was used before 8.
  report_changes(bench, pending, {parked(8, 0), parked(9, 0)});
  CHECK(bench.field(pending, "post_ops") == "2");
  CHECK(bench.field(pending, "post_keys") == "2");
  const auto& out = bench.node->metrics.pending();
  CHECK(eventually([&] {
    return out.events.of("dropped").Value() == 7 && out.events.of("evicted").Value() == 3 &&
           out.ops[0]->Value() == 2 && out.keys[0]->Value() == 2;
  }));
  CHECK(log.count("[BoundedArrayMap]") == 1);
  // Releases remove operations; those of evicted ones do nothing.
  auto released = parked(8, 0);
  released.what = db::pending_event::released;
  auto unknown = parked(7, 9);
  unknown.what = db::pending_event::cancelled;
  report_changes(bench, pending, {released, unknown});
  CHECK(bench.field(pending, "post_ops") == "1");
  CHECK(bench.field(pending, "list_ops") == "0");
}

TEST_CASE("parked operations are loaded as soon as the table can be read") {
  actor_fixture bench;
  log_capture log;
  const auto pending = bench.put<pending_ops_state>(names::pending_ops, at_once);
  report_changes(bench, pending, {parked(7, 0)}); // there is no pool yet
  CHECK(bench.field(pending, "post_ops") == "1");
  const auto script = std::make_shared<pool_script>();
  script->set([](const db::job&) -> db::job_outcome { return db::db_fail("57P01", "going down"); });
  bench.put<fake_pool_state>(names::pool, script);
  REQUIRE(eventually([&] { return script->jobs > 2; }));
  CHECK(bench.field(pending, "post_ops") == "1"); // a failed load keeps the cache
  script->set([](const db::job&) -> db::job_outcome {
    return std::vector{parked(7, 0), parked(8, 0), parked(8, 1)};
  });
  CHECK(eventually([&] { return bench.field(pending, "post_ops") == "3"; }));
  const auto& out = bench.node->metrics.pending();
  CHECK(out.ops[0]->Value() == 3);
  CHECK(out.keys[0]->Value() == 2);
  CHECK(log.count("cannot read the table") == 1);
  // Also when a load had succeeded before.
  script->set([](const db::job&) -> db::job_outcome { return db::db_fail("57P01", "going down"); });
  const auto jobs = script->jobs.load();
  report_changes(bench, pending, {}, false);
  REQUIRE(eventually([&] { return script->jobs > jobs + 1; })); // the first has its answer
  script->set([](const db::job&) -> db::job_outcome { return std::vector{parked(8, 1)}; });
  CHECK(eventually([&] { return bench.field(pending, "post_ops") == "1"; }));
  CHECK(log.count("cannot read the table") == 2);
}

TEST_CASE("after a lost report the table is reloaded, and the cache equals the table") {
  fake_table table({parked(7, 0), parked(7, 1)});
  actor_fixture bench;
  bench.put<fake_pool_state>(names::pool, table.script());
  const auto pending = bench.put<pending_ops_state>(names::pending_ops, at_once);
  REQUIRE(eventually([&] { return bench.field(pending, "post_ops") == "2"; }));
  // The report of the shard that released overtakes that of the shard that parked.
  report_changes(bench, pending, {released(9, 0)});
  report_changes(bench, pending, {parked(9, 0)});
  const auto& out = bench.node->metrics.pending();
  CHECK(out.ops[0]->Value() == 3);
  CHECK(table.read == 1);
  // 7/0 was released, and the report was lost.
  report_changes(bench, pending, {}, false);
  CHECK(eventually([&] { return table.read == 2; }));
  CHECK(eventually([&] { return bench.field(pending, "post_keys") == "1"; }));
  CHECK(out.ops[0]->Value() == 2);
  CHECK(out.keys[0]->Value() == 1);
}

TEST_CASE("as many rows are loaded as the cache holds operations, so that a load drops none") {
  config::options options;
  options.pending_max_posts = 2;
  auto item = parked(7, 0);
  item.kind = atproto::collection::list_item;
  fake_table table({item, parked(7, 1), parked(7, 2), parked(8, 0), parked(9, 0)});
  actor_fixture bench(options);
  bench.put<fake_pool_state>(names::pool, table.script());
  const auto pending = bench.put<pending_ops_state>(names::pending_ops, at_once);
  REQUIRE(eventually([&] { return bench.field(pending, "post_ops") == "2"; }));
  CHECK(table.asked_for == 2); // the cache was empty
  // 9/0 is released, four are left. The reports about 8/1 and about 8/0 of a list are lost.
  auto other = parked(8, 0);
  other.kind = atproto::collection::list_item;
  table.rows = {parked(8, 1), item, parked(7, 1), parked(7, 2), other};
  report_changes(bench, pending, {item, parked(7, 1), parked(7, 2), parked(8, 0), released(9, 0)},
                 false);
  REQUIRE(eventually([&] { return bench.field(pending, "list_ops") == "2"; }));
  CHECK(table.asked_for == 4);
  CHECK(bench.field(pending, "post_ops") == "2");
  CHECK(bench.node->metrics.pending().events.of("not_kept").Value() == 0);
}

TEST_CASE("the rows of a load are limited, and operations dropped by it are counted") {
  constexpr auto max_rows = static_cast<int>(pending_ops_state::max_loaded_rows);
  constexpr int more = 5'000;
  std::vector<db::pending_change> all;
  all.reserve(max_rows + more);
  for (int i = 0; i < max_rows + more; ++i)
    all.push_back(parked(i / 100, i));
  fake_table table({});
  actor_fixture bench;
  bench.put<fake_pool_state>(names::pool, table.script());
  const auto pending = bench.put<pending_ops_state>(names::pending_ops, at_once);
  REQUIRE(eventually([&] { return table.read == 1; }));
  report_changes(bench, pending, all);
  CHECK(bench.field(pending, "post_ops") == std::to_string(max_rows + more));
  table.rows.assign(all.begin() + more, all.end());
  report_changes(bench, pending, {}, false);
  REQUIRE(eventually([&] { return bench.field(pending, "post_ops") == std::to_string(max_rows); }));
  CHECK(table.asked_for == max_rows);
  CHECK(bench.node->metrics.pending().events.of("not_kept").Value() == more);
}

TEST_CASE("the table is reloaded from time to time without a lost report, but not all the time") {
  fake_table table({parked(7, 0)});
  actor_fixture bench;
  bench.put<fake_pool_state>(names::pool, table.script());
  auto often = at_once;
  const auto pause = std::chrono::milliseconds{50};
  often.pause = pause;
  often.every = pause;
  const auto before = std::chrono::steady_clock::now();
  const auto pending = bench.put<pending_ops_state>(names::pending_ops, often);
  REQUIRE(eventually([&] {
    report_changes(bench, pending, {}, false);
    return table.read >= 4;
  }));
  CHECK(std::chrono::steady_clock::now() - before >= 3 * pause);
  report_changes(bench, pending, {parked(9, 0)});
  CHECK(eventually([&] { return bench.field(pending, "post_ops") == "1"; }));
}

TEST_CASE(
    "changes reported during a load are applied on top of it, and rows without room are counted") {
  config::options options;
  options.pending_max_items = 3;
  actor_fixture bench(options);
  log_capture log;
  const auto script = std::make_shared<pool_script>();
  const auto pool = bench.put<fake_pool_state>(names::pool, script);
  const auto pending = bench.put<pending_ops_state>(names::pending_ops, at_once);
  REQUIRE(eventually([&] { return script->jobs == 1; }));
  report_changes(bench, pending, {parked(7, 0), released(7, 1), parked(8, 0)});
  script->set([](const db::job&) -> db::job_outcome {
    // One more of 9 than the cap allows.
    return std::vector{parked(7, 1), parked(8, 0), parked(9, 0),
                       parked(9, 1), parked(9, 2), parked(9, 3)};
  });
  caf::anon_send(caf::actor_cast<caf::actor>(pool), wake_up{});
  CHECK(eventually([&] { return bench.field(pending, "post_keys") == "3"; }));
  CHECK(bench.field(pending, "post_ops") == "5");
  const auto& events = bench.node->metrics.pending().events;
  CHECK(events.of("not_kept").Value() == 1);
  // Nothing cached was evicted.
  CHECK(events.of("dropped").Value() == 0);
  CHECK(events.of("evicted").Value() == 0);
  CHECK(log.count("[BoundedArrayMap]") == 0);
  // After the load, evictions make room for new operations.
  report_changes(bench, pending, {parked(9, 4)});
  CHECK(events.of("not_kept").Value() == 1);
  CHECK(events.of("dropped").Value() == 1);
}
