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
