#include "actors/pending_ops.hpp"

#include "tests/unit/actors/bench_of_actors.hpp"

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

void tell(bench_of_actors& bench, const pending_ops_actor& who,
          const std::vector<db::pending_change>& changes) {
  bool noted = false;
  bench.self
      ->request(who, patience,
                pending_changed{std::make_shared<const std::vector<db::pending_change>>(changes)})
      .receive([&](const pending_noted&) { noted = true; }, [](const caf::error&) {});
  REQUIRE(noted);
}

} // namespace

TEST_CASE("operations that memory gives up are counted, and one line tells of a full array") {
  config::options options;
  options.pending_max_posts = 2;
  options.pending_max_items = 3;
  bench_of_actors bench(options);
  log_capture log;
  const auto pending = bench.put<pending_ops_state>(names::pending_ops);
  std::vector<db::pending_change> changes;
  for (int i = 0; i < 10; ++i)
    changes.push_back(parked(7, i));
  tell(bench, pending, changes);
  INFO(log.all());
  CHECK(log.count("warning [BoundedArrayMap] Array for key 7 reached max items (3)") == 1);
  CHECK(bench.field(pending, "post_ops") == "3");
  // 8 and 9 come, and 7 was used before 8.
  tell(bench, pending, {parked(8, 0), parked(9, 0)});
  CHECK(bench.field(pending, "post_ops") == "2");
  CHECK(bench.field(pending, "post_keys") == "2");
  const auto& out = bench.node->metrics.pending();
  CHECK(eventually([&] {
    return out.events.of("dropped").Value() == 7 && out.events.of("evicted").Value() == 3 &&
           out.ops[0]->Value() == 2 && out.keys[0]->Value() == 2;
  }));
  CHECK(log.count("[BoundedArrayMap]") == 1);
  // What is released is forgotten; what memory has given up is nothing to it.
  auto released = parked(8, 0);
  released.what = db::pending_event::released;
  auto unknown = parked(7, 9);
  unknown.what = db::pending_event::cancelled;
  tell(bench, pending, {released, unknown});
  CHECK(bench.field(pending, "post_ops") == "1");
  CHECK(bench.field(pending, "list_ops") == "0");
}
