#include "actors/runtime/actor_load.hpp"

#include "actors/pool.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>
#include <latch>

using namespace prism;
using namespace prism::test;

namespace {

/// Stands still at every tick until it may go on.
struct dozing_state {
  using interface = periodic_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "dozing";

  dozing_state(self_pointer self, node_ptr /*node*/, std::shared_ptr<std::latch> wake)
      : self_(self), wake_(std::move(wake)) {}
  interface::behavior_type make_behavior() {
    return {[this](const tick&) { wake_->wait(); }, [this](const stop_request&) { self_->quit(); },
            [](const get_status&) -> actor_status { throw std::runtime_error("too much"); }};
  }
  self_pointer self_;
  std::shared_ptr<std::latch> wake_;
};

} // namespace

TEST_CASE("an actor's messages, those that wait, and the time they take are counted, also while it "
          "stands still") {
  actor_fixture bench;
  const auto wake = std::make_shared<std::latch>(1);
  const auto one = bench.put<dozing_state>("one", wake);
  const auto counted = bench.node->metrics.actor("dozing");
  CHECK_THAT(bench.node->metrics.serialize(),
             Catch::Contains("prism_actor_messages_total{actor=\"dozing\"} 0\n") &&
                 Catch::Contains("prism_actor_restarts_total{actor=\"dozing\"} 0\n"));
  for (int i = 0; i < 4; ++i)
    caf::anon_send(one, tick{});
  REQUIRE(eventually([&] { return counted.messages->Value() == 1; }));
  CHECK(counted.mailbox_depth->Value() == 3);
  // Another one of that name adds to the same series.
  const auto two = bench.put<dozing_state>("two", wake);
  for (int i = 0; i < 3; ++i)
    caf::anon_send(two, tick{});
  REQUIRE(eventually([&] { return counted.messages->Value() == 2; }));
  CHECK(counted.mailbox_depth->Value() == 5);
  const auto until = steady_clock::now() + std::chrono::milliseconds{20};
  REQUIRE(eventually([&] { return steady_clock::now() > until; }));
  wake->count_down();
  REQUIRE(eventually([&] { return counted.mailbox_depth->Value() == 0; }));
  REQUIRE(eventually(
      [&] { return counted.messages->Value() == 7 && counted.handling_seconds->Value() >= 0.04; }));
  const auto handled = [&](const std::string& line) {
    return eventually([&] {
      return bench.node->metrics.serialize().find("prism_actor_message_seconds_" + line + "\n") !=
             std::string::npos;
    });
  };
  CHECK(handled("count{actor=\"dozing\",message=\"tick\"} 7"));
  CHECK(handled("bucket{actor=\"dozing\",message=\"tick\",le=\"0.01\"} 5"));
}

TEST_CASE("what an actor that died has not handled does not wait any more") {
  actor_fixture bench;
  const auto wake = std::make_shared<std::latch>(1);
  const auto one = bench.put<dozing_state>("one", wake);
  const auto counted = bench.node->metrics.actor("dozing");
  caf::anon_send(one, tick{});
  REQUIRE(eventually([&] { return counted.messages->Value() == 1; }));
  caf::anon_send(one, get_status{}); // it dies of this
  for (int i = 0; i < 3; ++i)
    caf::anon_send(one, tick{});
  CHECK(counted.mailbox_depth->Value() == 4);
  bench.self->monitor(one);
  wake->count_down();
  bench.self->receive([](const caf::down_msg& down) { CHECK(down.reason); });
  CHECK(counted.mailbox_depth->Value() == 0);
  CHECK(counted.messages->Value() == 2);
  caf::anon_send(one, tick{}); // to nobody
  CHECK(counted.mailbox_depth->Value() == 0);
}

TEST_CASE("a channel that ends in a mailbox shows what waits there, until its actor dies") {
  actor_fixture bench;
  bench.node->metrics.declare_inbox("a_to_dozing", "dozing", typeid(tick), 2);
  const auto channel = bench.node->metrics.bounded("a_to_dozing");
  const auto wake = std::make_shared<std::latch>(1);
  const auto one = bench.put<dozing_state>("one", wake);
  for (int i = 0; i < 3; ++i)
    caf::anon_send(one, tick{});
  REQUIRE(eventually([&] { return channel->read(steady_clock::now()).depth == 2; }));
  CHECK(channel->read(steady_clock::now()).times_full >= 1);
  caf::anon_send(one, stop_request{}); // of another type
  caf::anon_send(one, tick{});
  CHECK(channel->read(steady_clock::now()).depth == 3);
  bench.self->monitor(one);
  wake->count_down();
  bench.self->receive([](const caf::down_msg&) {});
  CHECK(channel->read(steady_clock::now()).depth == 0);
}

TEST_CASE("all database sessions are counted under one name") {
  config::options options;
  options.db_pool_size = 2;
  actor_fixture bench(options);
  const auto pool = bench.put<pool_state>(names::pool);
  users_table_lock table_lock(bench);
  const auto first = bench.send(pool, db::intern_job{{"did:plc:a"}});
  const auto second = bench.send(pool, db::intern_job{{"did:plc:b"}});
  REQUIRE(eventually([&] { return table_lock.blocked_backends().size() == 2; }));
  CHECK(bench.node->metrics.actor("db_session").messages->Value() == 2);
  CHECK(bench.node->metrics.actor("pool").messages->Value() >= 2);
  table_lock.release();
  CHECK(bench.outcome_of(first));
  CHECK(bench.outcome_of(second));
}
