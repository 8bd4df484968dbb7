#include "actors/firehose.hpp"

#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/actors/fake_pool.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] config::options no_relay() {
  config::options out;
  out.relay_url = "ws://127.0.0.1:1";
  return out;
}

template <class Actor, class Message>
void send(const Actor& to, Message what) {
  caf::anon_send(caf::actor_cast<caf::actor>(to), std::move(what));
}

} // namespace

TEST_CASE("a firehose has one request for its cursors at a time, however long the answer takes") {
  actor_fixture bench(no_relay());
  const auto script = std::make_shared<pool_script>();
  const auto pool = bench.put<fake_pool_state>(names::pool, script);
  const auto firehose = bench.put<firehose_state>(names::firehose);
  for (int i = 0; i < 10; ++i)
    send(firehose, tick{});
  CHECK(bench.field(firehose, "durable") == "0"); // it has handled its ticks
  static_cast<void>(bench.field(pool, ""));
  CHECK(script->jobs == 1);
  // After a failure it asks again.
  script->set([](const db::job&) -> db::job_outcome { return db::db_fail("57P01", "going down"); });
  send(pool, wake_up{});
  CHECK(eventually([&] { return script->jobs > 1; }));
}

TEST_CASE("frames that were read before are counted, and logged once in ten seconds") {
  actor_fixture bench(no_relay());
  log_capture log;
  const auto script = std::make_shared<pool_script>();
  script->set([](const db::job&) -> db::job_outcome {
    return std::vector<db::shard_cursor>{{.shard = 0, .seq = 7}, {.shard = 1, .seq = 5}};
  });
  bench.put<fake_pool_state>(names::pool, script);
  const auto firehose = bench.put<firehose_state>(names::firehose);
  REQUIRE(eventually([&] { return bench.field(firehose, "durable") == "5"; }));
  std::vector<source_frames::item> items;
  const auto add = [&](std::int64_t seq, bool for_a_shard) {
    source_frames::item item;
    item.frame.seq = seq;
    item.frame.data = std::make_shared<const std::vector<std::byte>>(10);
    item.for_a_shard = for_a_shard;
    items.push_back(std::move(item));
  };
  add(8, true);
  add(8, true);   // again
  add(9, false);  // without shard
  add(9, false);  // again
  add(3, true);   // long ago
  add(-1, false); // without seq, as a notice
  add(10, true);
  send(firehose,
       source_frames{std::make_shared<const std::vector<source_frames::item>>(std::move(items))});
  CHECK(bench.field(firehose, "window_frames") == "2");
  CHECK(bench.node->metrics.firehose().repeated->Value() == 3);
  CHECK(log.count("warning skipping frame 8: not above 8, the highest seq read (0 similar lines "
                  "suppressed)") == 1);
  CHECK(log.count("skipping frame") == 1);
}
